"""What a guarantor answered is neither changed nor deleted, whoever asks; the latest line holds."""

from django.db import migrations

GUARD = """
CREATE FUNCTION loans_keep_guarantee() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'guarantees_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER loans_guaranteeanswer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_guaranteeanswer
    FOR EACH STATEMENT EXECUTE FUNCTION loans_keep_guarantee();
"""

UNDO = """
DROP TRIGGER loans_guaranteeanswer_append_only ON loans_guaranteeanswer;
DROP FUNCTION loans_keep_guarantee();
"""


class Migration(migrations.Migration):
    dependencies = [("loans", "0021_guarantors_agree")]

    operations = [migrations.RunSQL(GUARD, UNDO)]

"""What was done with a borrower's file refuses UPDATE, DELETE and TRUNCATE, whoever asks."""

from django.db import migrations

GUARD = """
CREATE FUNCTION collections_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'file_events_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER collections_mgmt_casefileevent_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON collections_mgmt_casefileevent
    FOR EACH STATEMENT EXECUTE FUNCTION collections_refuse_change();
"""

UNDO = """
DROP TRIGGER collections_mgmt_casefileevent_append_only ON collections_mgmt_casefileevent;
DROP FUNCTION collections_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("collections_mgmt", "0006_files_of_borrowers")]

    operations = [migrations.RunSQL(GUARD, UNDO)]

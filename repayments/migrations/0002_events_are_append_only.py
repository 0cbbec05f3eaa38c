"""A loan's events are never edited: its whole position follows from them, so a change would rewrite history."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION repayments_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'loan_events_are_append_only: % of % is refused; write a reversing event',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER repayments_loanevent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON repayments_loanevent
    FOR EACH STATEMENT EXECUTE FUNCTION repayments_refuse_change();
"""

UNDO = """
DROP TRIGGER repayments_loanevent_append_only ON repayments_loanevent;
DROP FUNCTION repayments_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("repayments", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]

"""Loans as other systems handed them over: kept beside the book, and never changed."""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION tapes_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'handovers_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER tapes_earlierevent_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON tapes_earlierevent
    FOR EACH STATEMENT
    EXECUTE FUNCTION tapes_refuse_change();

CREATE TRIGGER tapes_handover_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON tapes_handover
    FOR EACH STATEMENT EXECUTE FUNCTION tapes_refuse_change();

CREATE TRIGGER tapes_handoverrow_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON tapes_handoverrow
    FOR EACH STATEMENT
    EXECUTE FUNCTION tapes_refuse_change();
"""

UNDO = """
DROP TRIGGER tapes_handoverrow_append_only ON tapes_handoverrow;
DROP TRIGGER tapes_handover_append_only ON tapes_handover;
DROP TRIGGER tapes_earlierevent_append_only ON tapes_earlierevent;
DROP FUNCTION tapes_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("tapes", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]

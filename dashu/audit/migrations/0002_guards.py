"""The audit log refuses UPDATE, DELETE and TRUNCATE, whoever asks."""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION audit_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'audit_is_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER audit_auditrecord_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_auditrecord
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_refuse_change();
"""

UNDO = """
DROP TRIGGER audit_auditrecord_append_only ON audit_auditrecord;
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]

"""A run that was posted stays as it is."""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION provisioning_keep_run() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'provisioning_run_is_posted: run % is neither changed nor deleted', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER provisioning_run_is_posted BEFORE DELETE OR UPDATE ON provisioning_provisionrun
    FOR EACH ROW WHEN (OLD.status = 'POSTED') EXECUTE FUNCTION provisioning_keep_run();
"""

UNDO = """
DROP TRIGGER provisioning_run_is_posted ON provisioning_provisionrun;
DROP FUNCTION provisioning_keep_run();
"""


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]

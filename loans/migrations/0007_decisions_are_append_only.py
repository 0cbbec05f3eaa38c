"""What happened to an application, and what was decided on it, refuses UPDATE, DELETE and TRUNCATE, whoever asks."""

from django.db import migrations

TABLES = ("loans_applicationevent", "loans_creditreview")

GUARD = """
CREATE FUNCTION loans_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'decisions_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION loans_refuse_change();
"""
    for table in TABLES
)

UNDO = (
    "".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in TABLES)
    + """
DROP FUNCTION loans_refuse_change();
"""
)


class Migration(migrations.Migration):
    dependencies = [("loans", "0006_applications")]

    operations = [migrations.RunSQL(GUARD, UNDO)]

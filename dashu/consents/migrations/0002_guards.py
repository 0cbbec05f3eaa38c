"""The ledger of consents refuses UPDATE, DELETE and TRUNCATE, and so do its texts, whoever asks."""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION consents_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'consents_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER consents_consententry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON consents_consententry
    FOR EACH STATEMENT
    EXECUTE FUNCTION consents_refuse_change();

CREATE TRIGGER consents_consenttext_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON consents_consenttext
    FOR EACH STATEMENT
    EXECUTE FUNCTION consents_refuse_change();
"""

UNDO = """
DROP TRIGGER consents_consenttext_append_only ON consents_consenttext;
DROP TRIGGER consents_consententry_append_only ON consents_consententry;
DROP FUNCTION consents_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("consents", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]

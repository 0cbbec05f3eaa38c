"""
What was done with a borrower's file still refuses every change but one: its words can be emptied, as the law asks once
the years of keeping are over. That it was done, by whom and when, stays.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION collections_refuse_all_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.words = '' AND to_jsonb(NEW) - 'words' = to_jsonb(OLD) - 'words' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'file_events_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER collections_mgmt_casefileevent_append_only ON collections_mgmt_casefileevent;
CREATE TRIGGER collections_mgmt_casefileevent_append_only
    BEFORE DELETE OR TRUNCATE ON collections_mgmt_casefileevent
    FOR EACH STATEMENT EXECUTE FUNCTION collections_refuse_change();
CREATE TRIGGER collections_mgmt_casefileevent_forgets_words
    BEFORE UPDATE ON collections_mgmt_casefileevent
    FOR EACH ROW EXECUTE FUNCTION collections_refuse_all_but_forgetting();
"""

UNDO = """
DROP TRIGGER collections_mgmt_casefileevent_forgets_words ON collections_mgmt_casefileevent;
DROP TRIGGER collections_mgmt_casefileevent_append_only ON collections_mgmt_casefileevent;
CREATE TRIGGER collections_mgmt_casefileevent_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON collections_mgmt_casefileevent
    FOR EACH STATEMENT EXECUTE FUNCTION collections_refuse_change();
DROP FUNCTION collections_refuse_all_but_forgetting();
"""


class Migration(migrations.Migration):
    dependencies = [("collections_mgmt", "0022_only_new_money_counts")]

    operations = [migrations.RunSQL(GUARD, UNDO)]

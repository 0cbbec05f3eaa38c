"""
What is done at the desk stays as it was said, whoever asks.

- What was done with a borrower's file refuses every change but one: its words can be emptied, as the law asks once the
  years of keeping are over. That it was done, by whom and when, stays.
- Rows of a strategy change only while it is a draft, and what was published keeps what it says.
"""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION collections_refuse_all_but_forgetting() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.words = '' AND to_jsonb(NEW) - 'words' = to_jsonb(OLD) - 'words' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'file_events_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION collections_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'file_events_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION collections_strategy_row_fixed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    owner bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.version_id ELSE NEW.version_id END;
BEGIN
    IF EXISTS (SELECT FROM collections_mgmt_strategyversion WHERE id = owner AND status <> 'DRAFT')
       OR (TG_OP = 'UPDATE' AND OLD.version_id <> NEW.version_id) THEN
        RAISE EXCEPTION 'strategy_is_fixed: % of a row of version %', TG_OP, owner
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION collections_strategy_version_fixed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.status IN ('PUBLISHED', 'RETIRED') AND (
        TG_OP = 'DELETE' OR NEW.status NOT IN ('PUBLISHED', 'RETIRED')
        OR (OLD.status = 'RETIRED' AND NEW.status <> 'RETIRED')
        OR (NEW.strategy_id, NEW.number, NEW.role, NEW.share_bps, NEW.note, NEW.made_by_id)
           IS DISTINCT FROM (OLD.strategy_id, OLD.number, OLD.role, OLD.share_bps, OLD.note, OLD.made_by_id)
    ) THEN
        RAISE EXCEPTION 'strategy_is_fixed: % of version %', TG_OP, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER collections_mgmt_casefileevent_append_only BEFORE DELETE OR TRUNCATE ON collections_mgmt_casefileevent
    FOR EACH STATEMENT
    EXECUTE FUNCTION collections_refuse_change();

CREATE TRIGGER collections_mgmt_casefileevent_forgets_words BEFORE UPDATE ON collections_mgmt_casefileevent
    FOR EACH ROW
    EXECUTE FUNCTION collections_refuse_all_but_forgetting();

CREATE TRIGGER collections_strategy_row_fixed BEFORE INSERT OR DELETE OR UPDATE ON collections_mgmt_strategyrow
    FOR EACH ROW
    EXECUTE FUNCTION collections_strategy_row_fixed();

CREATE TRIGGER collections_strategy_version_fixed BEFORE DELETE OR UPDATE ON collections_mgmt_strategyversion
    FOR EACH ROW
    EXECUTE FUNCTION collections_strategy_version_fixed();
"""

UNDO = """
DROP TRIGGER collections_strategy_version_fixed ON collections_mgmt_strategyversion;
DROP TRIGGER collections_strategy_row_fixed ON collections_mgmt_strategyrow;
DROP TRIGGER collections_mgmt_casefileevent_forgets_words ON collections_mgmt_casefileevent;
DROP TRIGGER collections_mgmt_casefileevent_append_only ON collections_mgmt_casefileevent;
DROP FUNCTION collections_strategy_version_fixed();
DROP FUNCTION collections_strategy_row_fixed();
DROP FUNCTION collections_refuse_change();
DROP FUNCTION collections_refuse_all_but_forgetting();
"""


class Migration(migrations.Migration):
    dependencies = [("collections_mgmt", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]

"""Rows of a strategy change only while it is a draft, and what was published keeps what it says, whoever asks."""

from django.db import migrations

GUARD = """
CREATE FUNCTION collections_strategy_row_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER collections_strategy_row_fixed BEFORE INSERT OR UPDATE OR DELETE ON collections_mgmt_strategyrow
    FOR EACH ROW EXECUTE FUNCTION collections_strategy_row_fixed();
CREATE FUNCTION collections_strategy_version_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER collections_strategy_version_fixed BEFORE UPDATE OR DELETE ON collections_mgmt_strategyversion
    FOR EACH ROW EXECUTE FUNCTION collections_strategy_version_fixed();
"""

UNDO = """
DROP TRIGGER collections_strategy_version_fixed ON collections_mgmt_strategyversion;
DROP FUNCTION collections_strategy_version_fixed();
DROP TRIGGER collections_strategy_row_fixed ON collections_mgmt_strategyrow;
DROP FUNCTION collections_strategy_row_fixed();
"""


class Migration(migrations.Migration):
    dependencies = [("collections_mgmt", "0011_strategies")]

    operations = [migrations.RunSQL(GUARD, UNDO)]

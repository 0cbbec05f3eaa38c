"""Rights that were taken are kept, nobody has two at once, and an end or a review is written once."""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION break_glass_keep_grant() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'break_glass_is_kept: emergency % is not deleted', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM 1 FROM users_user WHERE id = NEW.taker_id FOR UPDATE;
        IF NEW.taken_at <> statement_timestamp() THEN
            RAISE EXCEPTION 'break_glass_begins_now: by the clock of the database' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (SELECT FROM break_glass_emergencygrant AS other WHERE other.taker_id = NEW.taker_id
                   AND COALESCE(other.given_back_at, other.ends_at) > NEW.taken_at) THEN
            RAISE EXCEPTION 'break_glass_one_at_a_time: person % has taken rights', NEW.taker_id
                USING ERRCODE = 'exclusion_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.taker_id, NEW.role, NEW.reason, NEW.incident, NEW.taken_at, NEW.ends_at)
       IS DISTINCT FROM (OLD.id, OLD.taker_id, OLD.role, OLD.reason, OLD.incident, OLD.taken_at, OLD.ends_at)
       OR (OLD.given_back_at IS NOT NULL AND NEW.given_back_at IS DISTINCT FROM OLD.given_back_at)
       OR (OLD.reviewed_at IS NOT NULL
           AND (NEW.reviewer_id, NEW.reviewed_at, NEW.is_justified, NEW.review)
               IS DISTINCT FROM (OLD.reviewer_id, OLD.reviewed_at, OLD.is_justified, OLD.review))
    THEN
        RAISE EXCEPTION 'break_glass_is_fixed: emergency % does not change', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER break_glass_grant_is_kept BEFORE INSERT OR UPDATE OR DELETE ON break_glass_emergencygrant
    FOR EACH ROW EXECUTE FUNCTION break_glass_keep_grant();
"""

UNDO = """
DROP TRIGGER break_glass_grant_is_kept ON break_glass_emergencygrant;
DROP FUNCTION break_glass_keep_grant();
"""


class Migration(migrations.Migration):
    dependencies = [("break_glass", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]

"""
A loan's events are never edited: its whole position follows from them, so a change would rewrite history.

What a bank said is never edited, and what was decided of it is undone, never changed or deleted. Of a line only its
status and its entry in suspense follow the decisions; of a decision only its undoing is written, once.
"""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION repayments_bank_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    may_change text[] := TG_ARGV[0]::text[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'bank_rows_are_kept: DELETE of % is refused; undo the decision instead', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(OLD) - may_change <> to_jsonb(NEW) - may_change THEN
        RAISE EXCEPTION 'bank_rows_are_kept: UPDATE of % is refused; only % may change', TG_TABLE_NAME, may_change
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION repayments_bank_refuse_second_undo() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.undone_at IS NOT NULL THEN
        RAISE EXCEPTION 'bank_rows_are_kept: % is undone already', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION repayments_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'loan_events_are_append_only: % of % is refused; write a reversing event',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER repayments_bankexplanation_kept BEFORE DELETE OR UPDATE ON repayments_bankexplanation
    FOR EACH ROW
    EXECUTE FUNCTION repayments_bank_refuse_change('{undone_at,undone_by,undone_reason}');

CREATE TRIGGER repayments_bankexplanation_undone_once BEFORE UPDATE ON repayments_bankexplanation
    FOR EACH ROW EXECUTE FUNCTION repayments_bank_refuse_second_undo();

CREATE TRIGGER repayments_bankline_kept BEFORE DELETE OR UPDATE ON repayments_bankline
    FOR EACH ROW EXECUTE FUNCTION repayments_bank_refuse_change('{status,suspense_id}');

CREATE TRIGGER repayments_bankmatch_kept BEFORE DELETE OR UPDATE ON repayments_bankmatch
    FOR EACH ROW EXECUTE FUNCTION repayments_bank_refuse_change('{undone_at,undone_by,undone_reason}');

CREATE TRIGGER repayments_bankmatch_undone_once BEFORE UPDATE ON repayments_bankmatch
    FOR EACH ROW EXECUTE FUNCTION repayments_bank_refuse_second_undo();

CREATE TRIGGER repayments_bankstatement_kept BEFORE DELETE OR UPDATE ON repayments_bankstatement
    FOR EACH ROW EXECUTE FUNCTION repayments_bank_refuse_change('{matched_at}');

CREATE TRIGGER repayments_loanevent_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON repayments_loanevent
    FOR EACH STATEMENT
    EXECUTE FUNCTION repayments_refuse_change();

CREATE TRIGGER repayments_movement_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON repayments_installmentmovement
    FOR EACH STATEMENT
    EXECUTE FUNCTION repayments_refuse_change();

CREATE TRIGGER repayments_restatement_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON repayments_restatement
    FOR EACH STATEMENT
    EXECUTE FUNCTION repayments_refuse_change();
"""

UNDO = """
DROP TRIGGER repayments_restatement_append_only ON repayments_restatement;
DROP TRIGGER repayments_movement_append_only ON repayments_installmentmovement;
DROP TRIGGER repayments_loanevent_append_only ON repayments_loanevent;
DROP TRIGGER repayments_bankstatement_kept ON repayments_bankstatement;
DROP TRIGGER repayments_bankmatch_undone_once ON repayments_bankmatch;
DROP TRIGGER repayments_bankmatch_kept ON repayments_bankmatch;
DROP TRIGGER repayments_bankline_kept ON repayments_bankline;
DROP TRIGGER repayments_bankexplanation_undone_once ON repayments_bankexplanation;
DROP TRIGGER repayments_bankexplanation_kept ON repayments_bankexplanation;
DROP FUNCTION repayments_refuse_change();
DROP FUNCTION repayments_bank_refuse_second_undo();
DROP FUNCTION repayments_bank_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("repayments", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]

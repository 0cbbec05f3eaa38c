"""
What a bank said is never edited, and what was decided of it is undone, never changed or deleted.

Of a line only its status and its entry in suspense follow the decisions; of a decision only its undoing is written, once.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION repayments_bank_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION repayments_bank_refuse_second_undo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.undone_at IS NOT NULL THEN
        RAISE EXCEPTION 'bank_rows_are_kept: % is undone already', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER repayments_bankline_kept BEFORE UPDATE OR DELETE ON repayments_bankline
    FOR EACH ROW EXECUTE FUNCTION repayments_bank_refuse_change('{status,suspense_id}');
CREATE TRIGGER repayments_bankstatement_kept BEFORE UPDATE OR DELETE ON repayments_bankstatement
    FOR EACH ROW EXECUTE FUNCTION repayments_bank_refuse_change('{matched_at}');
CREATE TRIGGER repayments_bankmatch_kept BEFORE UPDATE OR DELETE ON repayments_bankmatch
    FOR EACH ROW EXECUTE FUNCTION repayments_bank_refuse_change('{undone_at,undone_by,undone_reason}');
CREATE TRIGGER repayments_bankmatch_undone_once BEFORE UPDATE ON repayments_bankmatch
    FOR EACH ROW EXECUTE FUNCTION repayments_bank_refuse_second_undo();
CREATE TRIGGER repayments_bankexplanation_kept BEFORE UPDATE OR DELETE ON repayments_bankexplanation
    FOR EACH ROW EXECUTE FUNCTION repayments_bank_refuse_change('{undone_at,undone_by,undone_reason}');
CREATE TRIGGER repayments_bankexplanation_undone_once BEFORE UPDATE ON repayments_bankexplanation
    FOR EACH ROW EXECUTE FUNCTION repayments_bank_refuse_second_undo();
"""

UNDO = """
DROP TRIGGER repayments_bankline_kept ON repayments_bankline;
DROP TRIGGER repayments_bankstatement_kept ON repayments_bankstatement;
DROP TRIGGER repayments_bankmatch_kept ON repayments_bankmatch;
DROP TRIGGER repayments_bankmatch_undone_once ON repayments_bankmatch;
DROP TRIGGER repayments_bankexplanation_kept ON repayments_bankexplanation;
DROP TRIGGER repayments_bankexplanation_undone_once ON repayments_bankexplanation;
DROP FUNCTION repayments_bank_refuse_change();
DROP FUNCTION repayments_bank_refuse_second_undo();
"""


class Migration(migrations.Migration):
    dependencies = [("repayments", "0020_bank_statements")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]

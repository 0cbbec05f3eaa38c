"""What was asked for never changes, and what was decided stays decided."""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION approvals_keep_request() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'approvals_request_is_kept: request % is not deleted', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'PENDING' THEN
        RAISE EXCEPTION 'approvals_request_is_decided: request % is %', OLD.id, OLD.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.kind, NEW.subject_type, NEW.subject_id, NEW.loan_id, NEW.amount_minor, NEW.currency, NEW.payload,
        NEW.preview, NEW.language, NEW.reason, NEW.is_alone, NEW.idempotency_key, NEW.maker_id, NEW.requested_at,
        NEW.expires_at)
       IS DISTINCT FROM
       (OLD.id, OLD.kind, OLD.subject_type, OLD.subject_id, OLD.loan_id, OLD.amount_minor, OLD.currency, OLD.payload,
        OLD.preview, OLD.language, OLD.reason, OLD.is_alone, OLD.idempotency_key, OLD.maker_id, OLD.requested_at,
        OLD.expires_at)
    THEN
        RAISE EXCEPTION 'approvals_request_is_fixed: what request % asks for does not change', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER approvals_request_is_kept BEFORE DELETE OR UPDATE ON approvals_approvalrequest
    FOR EACH ROW EXECUTE FUNCTION approvals_keep_request();
"""

UNDO = """
DROP TRIGGER approvals_request_is_kept ON approvals_approvalrequest;
DROP FUNCTION approvals_keep_request();
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]

"""What was signed is neither changed nor deleted, whoever asks; what happens after the signature may be added."""

from django.db import migrations

GUARD = """
CREATE FUNCTION loans_keep_contract() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'contract_is_kept: contract % is not deleted', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.application_id, NEW.offer_id, NEW.loan_id, NEW.number, NEW.language, NEW.facts, NEW.facts_digest,
        NEW.pdf, NEW.sha256, NEW.code, NEW.signed_at, NEW.evidence, NEW.evidence_digest)
       IS DISTINCT FROM
       (OLD.id, OLD.application_id, OLD.offer_id, OLD.loan_id, OLD.number, OLD.language, OLD.facts, OLD.facts_digest,
        OLD.pdf, OLD.sha256, OLD.code, OLD.signed_at, OLD.evidence, OLD.evidence_digest)
    THEN
        RAISE EXCEPTION 'contract_is_fixed: what contract % says does not change', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER loans_contract_is_kept BEFORE UPDATE OR DELETE ON loans_loancontract
    FOR EACH ROW EXECUTE FUNCTION loans_keep_contract();
"""

UNDO = """
DROP TRIGGER loans_contract_is_kept ON loans_loancontract;
DROP FUNCTION loans_keep_contract();
"""


class Migration(migrations.Migration):
    dependencies = [("loans", "0012_contracts")]

    operations = [migrations.RunSQL(GUARD, UNDO)]

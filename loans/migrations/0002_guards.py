"""
What was decided and signed stays as it was, whoever asks.

- What happened to an application, and what was decided on it, refuses UPDATE, DELETE and TRUNCATE.
- What was signed is neither changed nor deleted; what happens after the signature may be added, and what a contract
  says may be sealed, and sealed anew with another key.
- A contract makes one loan or several: which loan is which part of it is a row of its own, and never changes.
- What a guarantor answered is neither changed nor deleted; the latest line holds.
"""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION loans_keep_contract() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'contract_is_kept: contract % is not deleted', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.application_id, NEW.offer_id, NEW.number, NEW.language, NEW.facts_digest,
        NEW.sha256, NEW.code, NEW.signed_at, NEW.evidence, NEW.evidence_digest)
       IS DISTINCT FROM
       (OLD.id, OLD.application_id, OLD.offer_id, OLD.number, OLD.language, OLD.facts_digest,
        OLD.sha256, OLD.code, OLD.signed_at, OLD.evidence, OLD.evidence_digest)
       -- Sealed anew, facts and paper look different and say the same; the digests of what they say are held above.
       OR ((NEW.facts, NEW.pdf) IS DISTINCT FROM (OLD.facts, OLD.pdf)
           AND coalesce(current_setting('dashu.resealing', true), '') <> 'on')
    THEN
        RAISE EXCEPTION 'contract_is_fixed: what contract % says does not change', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION loans_keep_guarantee() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'guarantees_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION loans_keep_tranche() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'tranche_is_kept: part % of a contract is not deleted', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.contract_id, NEW.loan_id, NEW.number, NEW.agreed_on)
       IS DISTINCT FROM (OLD.id, OLD.contract_id, OLD.loan_id, OLD.number, OLD.agreed_on)
    THEN
        RAISE EXCEPTION 'tranche_is_fixed: what part % of a contract is does not change', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION loans_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'decisions_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER loans_applicationevent_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON loans_applicationevent
    FOR EACH STATEMENT
    EXECUTE FUNCTION loans_refuse_change();

CREATE TRIGGER loans_contract_is_kept BEFORE DELETE OR UPDATE ON loans_loancontract
    FOR EACH ROW EXECUTE FUNCTION loans_keep_contract();

CREATE TRIGGER loans_creditreview_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON loans_creditreview
    FOR EACH STATEMENT
    EXECUTE FUNCTION loans_refuse_change();

CREATE TRIGGER loans_guaranteeanswer_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON loans_guaranteeanswer
    FOR EACH STATEMENT
    EXECUTE FUNCTION loans_keep_guarantee();

CREATE TRIGGER loans_tranche_is_kept BEFORE DELETE OR UPDATE ON loans_tranche
    FOR EACH ROW EXECUTE FUNCTION loans_keep_tranche();
"""

UNDO = """
DROP TRIGGER loans_tranche_is_kept ON loans_tranche;
DROP TRIGGER loans_guaranteeanswer_append_only ON loans_guaranteeanswer;
DROP TRIGGER loans_creditreview_append_only ON loans_creditreview;
DROP TRIGGER loans_contract_is_kept ON loans_loancontract;
DROP TRIGGER loans_applicationevent_append_only ON loans_applicationevent;
DROP FUNCTION loans_refuse_change();
DROP FUNCTION loans_keep_tranche();
DROP FUNCTION loans_keep_guarantee();
DROP FUNCTION loans_keep_contract();
"""


class Migration(migrations.Migration):
    dependencies = [("loans", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]

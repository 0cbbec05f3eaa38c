"""What a contract says is guarded as before, but may be sealed, and sealed anew with another key."""

from django.db import migrations

import dashu.users.sealing

GUARD = """
CREATE OR REPLACE FUNCTION loans_keep_contract() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""

BEFORE = """
CREATE OR REPLACE FUNCTION loans_keep_contract() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'contract_is_kept: contract % is not deleted', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.application_id, NEW.offer_id, NEW.number, NEW.language, NEW.facts, NEW.facts_digest,
        NEW.pdf, NEW.sha256, NEW.code, NEW.signed_at, NEW.evidence, NEW.evidence_digest)
       IS DISTINCT FROM
       (OLD.id, OLD.application_id, OLD.offer_id, OLD.number, OLD.language, OLD.facts, OLD.facts_digest,
        OLD.pdf, OLD.sha256, OLD.code, OLD.signed_at, OLD.evidence, OLD.evidence_digest)
    THEN
        RAISE EXCEPTION 'contract_is_fixed: what contract % says does not change', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0023_kinds_of_application_events"),
        ("users", "0007_found_by_index"),
    ]

    operations = [
        migrations.RunSQL(GUARD, BEFORE),
        migrations.AddField(
            model_name="loancontract",
            name="sealed_facts",
            field=dashu.users.sealing.SealedJSON(null=True, verbose_name="facts"),
        ),
    ]

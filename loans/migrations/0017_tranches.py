"""A contract makes one loan or several: which loan is which part of it is a row of its own, and never changes."""

import django.db.models.deletion
from django.db import migrations, models

MOVE = """
INSERT INTO loans_tranche (contract_id, loan_id, number, agreed_on, cooling_off_until, ended_at)
SELECT contract.id, loan.id, 1, (contract.facts->'sheet'->>'starts_on')::date, contract.cooling_off_until,
       contract.withdrawn_at
FROM loans_loancontract contract JOIN loans_loan loan ON loan.id = contract.loan_id;
"""

KEEP_CONTRACT = """
CREATE OR REPLACE FUNCTION loans_keep_contract() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'contract_is_kept: contract % is not deleted', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.application_id, NEW.offer_id, {loan_new}NEW.number, NEW.language, NEW.facts, NEW.facts_digest,
        NEW.pdf, NEW.sha256, NEW.code, NEW.signed_at, NEW.evidence, NEW.evidence_digest)
       IS DISTINCT FROM
       (OLD.id, OLD.application_id, OLD.offer_id, {loan_old}OLD.number, OLD.language, OLD.facts, OLD.facts_digest,
        OLD.pdf, OLD.sha256, OLD.code, OLD.signed_at, OLD.evidence, OLD.evidence_digest)
    THEN
        RAISE EXCEPTION 'contract_is_fixed: what contract % says does not change', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

KEEP_TRANCHE = """
CREATE FUNCTION loans_keep_tranche() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER loans_tranche_is_kept BEFORE UPDATE OR DELETE ON loans_tranche
    FOR EACH ROW EXECUTE FUNCTION loans_keep_tranche();
"""

UNDO_KEEP_TRANCHE = """
DROP TRIGGER loans_tranche_is_kept ON loans_tranche;
DROP FUNCTION loans_keep_tranche();
"""


class Migration(migrations.Migration):
    dependencies = [("loans", "0016_covenants")]

    operations = [
        migrations.CreateModel(
            name="Tranche",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="part")),
                ("agreed_on", models.DateField(verbose_name="agreed day")),
                ("cooling_off_until", models.DateField(blank=True, null=True, verbose_name="can be given back until")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended without a debt at")),
                (
                    "contract",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tranches",
                        to="loans.loancontract",
                        verbose_name="contract",
                    ),
                ),
                (
                    "loan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tranche",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
            ],
            options={
                "verbose_name": "part of a contract",
                "verbose_name_plural": "parts of contracts",
                "ordering": ["contract", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("contract", "number"), name="loans_tranche_number_once")
                ],
            },
        ),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        # Constraints that wait for the end of the transaction would keep the table from being changed.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RunSQL(
            KEEP_CONTRACT.format(loan_new="", loan_old=""),
            KEEP_CONTRACT.format(loan_new="NEW.loan_id, ", loan_old="OLD.loan_id, "),
        ),
        migrations.RunSQL(KEEP_TRANCHE, UNDO_KEEP_TRANCHE),
        migrations.RemoveField(model_name="loancontract", name="loan"),
        migrations.RemoveField(model_name="loancontract", name="cooling_off_until"),
    ]

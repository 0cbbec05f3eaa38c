"""Loans as other systems handed them over: kept beside the book, and never changed."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

GUARDS = """
CREATE FUNCTION tapes_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'handovers_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER tapes_handover_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tapes_handover
    FOR EACH STATEMENT EXECUTE FUNCTION tapes_refuse_change();
CREATE TRIGGER tapes_handoverrow_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tapes_handoverrow
    FOR EACH STATEMENT EXECUTE FUNCTION tapes_refuse_change();
CREATE TRIGGER tapes_earlierevent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tapes_earlierevent
    FOR EACH STATEMENT EXECUTE FUNCTION tapes_refuse_change();
"""

UNDO = """
DROP TRIGGER tapes_earlierevent_append_only ON tapes_earlierevent;
DROP TRIGGER tapes_handoverrow_append_only ON tapes_handoverrow;
DROP TRIGGER tapes_handover_append_only ON tapes_handover;
DROP FUNCTION tapes_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0004_lent_on"),
        ("tapes", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Handover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=40, verbose_name="source")),
                ("taken_over_on", models.DateField(verbose_name="taken over on")),
                ("principal_minor", models.BigIntegerField(verbose_name="principal")),
                ("interest_minor", models.BigIntegerField(verbose_name="interest due")),
                ("fee_minor", models.BigIntegerField(verbose_name="fees due")),
                ("penalty_minor", models.BigIntegerField(verbose_name="penalty due")),
                ("credit_minor", models.BigIntegerField(verbose_name="credit of the borrower")),
                ("days_past_due", models.PositiveIntegerField(blank=True, null=True, verbose_name="days past due")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
                (
                    "imported_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="imported at"
                    ),
                ),
                ("imported_by", models.CharField(max_length=80, verbose_name="imported by")),
                (
                    "loan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handover",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
            ],
            options={
                "verbose_name": "taken-over loan",
                "verbose_name_plural": "taken-over loans",
            },
        ),
        migrations.CreateModel(
            name="EarlierEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(verbose_name="place")),
                ("happened_on", models.DateField(verbose_name="happened on")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("PAYOUT", "Paid out"),
                            ("PAYMENT", "Payment"),
                            ("RETURNED", "Returned payment"),
                            ("FEE", "Fee"),
                            ("PENALTY", "Penalty"),
                            ("WAIVER", "Waiver"),
                            ("REFUND", "Refund"),
                            ("HOLIDAY", "Payment holiday"),
                            ("NEW_TERMS", "New terms"),
                            ("RATE_CHANGE", "New rate"),
                            ("OTHER", "Other"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="amount")),
                ("principal_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="principal")),
                ("interest_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="interest")),
                ("fee_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="fee")),
                ("penalty_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="penalty")),
                ("credit_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="credit")),
                (
                    "reference",
                    models.CharField(blank=True, db_default="", default="", max_length=80, verbose_name="reference"),
                ),
                ("note", models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="note")),
                (
                    "handover",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="history",
                        to="tapes.handover",
                    ),
                ),
            ],
            options={
                "verbose_name": "event before the takeover",
                "verbose_name_plural": "events before the takeover",
            },
        ),
        migrations.CreateModel(
            name="HandoverRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="installment")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("principal_minor", models.BigIntegerField(verbose_name="principal")),
                ("interest_minor", models.BigIntegerField(verbose_name="interest")),
                ("fee_minor", models.BigIntegerField(verbose_name="fee")),
                ("open_principal_minor", models.BigIntegerField(verbose_name="principal open")),
                ("open_interest_minor", models.BigIntegerField(verbose_name="interest open")),
                ("open_fee_minor", models.BigIntegerField(verbose_name="fee open")),
                (
                    "handover",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="tapes.handover",
                    ),
                ),
            ],
            options={
                "verbose_name": "installment handed over",
                "verbose_name_plural": "installments handed over",
            },
        ),
        migrations.AddIndex(
            model_name="handover",
            index=models.Index(fields=["source", "id"], name="tapes_handover_by_source"),
        ),
        migrations.AddConstraint(
            model_name="earlierevent",
            constraint=models.UniqueConstraint(fields=("handover", "position"), name="tapes_earlier_event_once"),
        ),
        migrations.AddConstraint(
            model_name="handoverrow",
            constraint=models.UniqueConstraint(fields=("handover", "number"), name="tapes_handover_row_once"),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]

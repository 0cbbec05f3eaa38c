"""What every servicing act needs: its kind, the history of installments, pauses, the cap's room, and what it told."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

GUARDS = """
CREATE TRIGGER repayments_movement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON repayments_installmentmovement
    FOR EACH STATEMENT EXECUTE FUNCTION repayments_refuse_change();
CREATE TRIGGER repayments_restatement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON repayments_restatement
    FOR EACH STATEMENT EXECUTE FUNCTION repayments_refuse_change();
"""

UNDO = """
DROP TRIGGER repayments_restatement_append_only ON repayments_restatement;
DROP TRIGGER repayments_movement_append_only ON repayments_installmentmovement;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0003_servicing_events"),
        ("repayments", "0002_events_are_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="installment",
            name="earned_interest_minor",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="interest earned before"),
        ),
        migrations.AddField(
            model_name="installment",
            name="period_from",
            field=models.DateField(blank=True, null=True, verbose_name="interest from"),
        ),
        migrations.AddField(
            model_name="loanbalance",
            name="annual_rate",
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="If changed.",
                max_digits=9,
                null=True,
                verbose_name="annual rate in force",
            ),
        ),
        migrations.AddField(
            model_name="loanbalance",
            name="is_non_accrual",
            field=models.BooleanField(db_default=False, default=False, verbose_name="no longer accrued as income"),
        ),
        migrations.AddField(
            model_name="loanbalance",
            name="pause_ends",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.DateField(null=True),
                db_default=[],
                default=list,
                help_text="Included.",
                size=None,
                verbose_name="pauses to",
            ),
        ),
        migrations.AddField(
            model_name="loanbalance",
            name="pause_starts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.DateField(), db_default=[], default=list, size=None, verbose_name="pauses from"
            ),
        ),
        migrations.AddField(
            model_name="loanbalance",
            name="penalty_room_parts",
            field=models.DecimalField(db_default=0, decimal_places=0, default=0, max_digits=40),
        ),
        migrations.AddField(
            model_name="loanbalance",
            name="penalty_uncapped_parts",
            field=models.DecimalField(db_default=0, decimal_places=0, default=0, max_digits=40),
        ),
        migrations.AddField(
            model_name="loanbalance",
            name="refund_due_minor",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="refund to come back"),
        ),
        migrations.AlterField(
            model_name="loanevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("DISBURSED", "Paid out"),
                    ("TAKEN_OVER", "Taken over"),
                    ("PAYMENT", "Payment"),
                    ("PROCEEDS", "Proceeds that pay no installment"),
                    ("PREPAYMENT", "Partial prepayment"),
                    ("SETTLEMENT", "Early settlement"),
                    ("RECOVERY", "Recovery"),
                    ("REVERSAL", "Reversal"),
                    ("WAIVER", "Waiver"),
                    ("FEE", "Fee"),
                    ("REFUND", "Refund of credit"),
                    ("EXTENSION", "Payment holiday"),
                    ("RESTRUCTURE", "New terms"),
                    ("RATE_CHANGE", "New rate"),
                    ("DUE_DAY", "New due day"),
                    ("PAUSE", "Pause of the count"),
                    ("RESUME", "End of a pause"),
                    ("CHARGE_OFF", "Charge-off"),
                    ("WRITE_OFF", "Write-off"),
                    ("SALE", "Sale of the loan"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="scheduleversion",
            name="reason",
            field=models.CharField(
                choices=[
                    ("CONTRACT", "Contract"),
                    ("TAKEOVER", "Takeover"),
                    ("EXTENSION", "Payment holiday"),
                    ("RESTRUCTURE", "New terms"),
                    ("RATE_CHANGE", "New rate"),
                    ("DUE_DAY", "New due day"),
                    ("FEE", "Fee"),
                    ("PREPAYMENT", "Partial prepayment"),
                    ("RESTATEMENT", "Correction"),
                ],
                max_length=12,
                verbose_name="reason",
            ),
        ),
        migrations.CreateModel(
            name="Restatement",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="restatement",
                        serialize=False,
                        to="repayments.loanevent",
                        verbose_name="loan event",
                    ),
                ),
                ("from_on", models.DateField(verbose_name="from")),
                ("before", models.JSONField(verbose_name="before")),
                ("after", models.JSONField(verbose_name="after")),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="restatements",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
            ],
            options={
                "verbose_name": "restatement",
                "verbose_name_plural": "restatements",
            },
        ),
        migrations.CreateModel(
            name="InstallmentMovement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "posted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="posted at"
                    ),
                ),
                ("effective_on", models.DateField(verbose_name="effective on")),
                (
                    "kind",
                    models.CharField(
                        choices=[("S", "Demanded"), ("P", "Paid"), ("W", "Waived")], max_length=1, verbose_name="kind"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="installment")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("principal_minor", models.BigIntegerField(verbose_name="principal")),
                ("interest_minor", models.BigIntegerField(verbose_name="interest")),
                ("fee_minor", models.BigIntegerField(verbose_name="fee")),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="repayments.loanevent",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
            ],
            options={
                "verbose_name": "movement of an installment",
                "verbose_name_plural": "movements of installments",
                "indexes": [models.Index(fields=["loan", "effective_on"], name="repayments_movement_by_loan")],
            },
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]

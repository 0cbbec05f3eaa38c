import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("loans", "0001_initial"),
    ]

    operations = [
        CreateModel(
            name="TapeEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=40, verbose_name="source")),
                ("external_id", models.CharField(max_length=80, verbose_name="number at the source")),
                ("reference", models.CharField(max_length=80, verbose_name="reference")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("PAYMENT", "Payment"),
                            ("PROCEEDS", "Proceeds that pay no installment"),
                            ("EXTENSION", "Payment holiday"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("happened_on", models.DateField(verbose_name="happened on")),
                ("amount_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="amount")),
                ("months", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="months")),
                ("is_booked", models.BooleanField(db_default=False, default=False, verbose_name="booked")),
                (
                    "refusal",
                    models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="refused with"),
                ),
            ],
            options={
                "verbose_name": "tape event",
                "verbose_name_plural": "tape events",
                "indexes": [models.Index(fields=["source", "happened_on"], name="tapes_event_by_day")],
                "constraints": [models.UniqueConstraint(fields=("source", "reference"), name="tapes_event_once")],
            },
        ),
        CreateModel(
            name="ReportedFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=40, verbose_name="source")),
                ("external_id", models.CharField(max_length=80, verbose_name="number at the source")),
                ("as_of", models.DateField(verbose_name="as of")),
                ("reported", models.JSONField(verbose_name="reported")),
                (
                    "live",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="our book"
                    ),
                ),
            ],
            options={
                "verbose_name": "reported figure",
                "verbose_name_plural": "reported figures",
                "constraints": [
                    models.UniqueConstraint(fields=("source", "external_id", "as_of"), name="tapes_figure_once")
                ],
            },
        ),
        CreateModel(
            name="AgeingNight",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=40, verbose_name="source")),
                ("as_of", models.DateField(verbose_name="as of")),
                (
                    "by_days",
                    models.JSONField(
                        help_text="Loans with one installment only.", verbose_name="loans by days past due"
                    ),
                ),
            ],
            options={
                "verbose_name": "ageing of a night",
                "verbose_name_plural": "ageing of nights",
                "constraints": [models.UniqueConstraint(fields=("source", "as_of"), name="tapes_ageing_once")],
            },
        ),
        CreateModel(
            name="Handover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "loan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handover",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
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
            ],
            options={
                "verbose_name": "taken-over loan",
                "verbose_name_plural": "taken-over loans",
                "indexes": [models.Index(fields=["source", "id"], name="tapes_handover_by_source")],
            },
        ),
        CreateModel(
            name="HandoverRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "handover",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="tapes.handover",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="installment")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("principal_minor", models.BigIntegerField(verbose_name="principal")),
                ("interest_minor", models.BigIntegerField(verbose_name="interest")),
                ("fee_minor", models.BigIntegerField(verbose_name="fee")),
                ("open_principal_minor", models.BigIntegerField(verbose_name="principal open")),
                ("open_interest_minor", models.BigIntegerField(verbose_name="interest open")),
                ("open_fee_minor", models.BigIntegerField(verbose_name="fee open")),
            ],
            options={
                "verbose_name": "installment handed over",
                "verbose_name_plural": "installments handed over",
                "constraints": [models.UniqueConstraint(fields=("handover", "number"), name="tapes_handover_row_once")],
            },
        ),
        CreateModel(
            name="EarlierEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "handover",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="history",
                        to="tapes.handover",
                    ),
                ),
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
            ],
            options={
                "verbose_name": "event before the takeover",
                "verbose_name_plural": "events before the takeover",
                "constraints": [
                    models.UniqueConstraint(fields=("handover", "position"), name="tapes_earlier_event_once")
                ],
            },
        ),
    ]

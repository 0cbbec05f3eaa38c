import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModel(
            name="LossModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(verbose_name="month")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("content", models.JSONField(verbose_name="estimates")),
                ("backtest", models.JSONField(db_default=[], default=list, verbose_name="back-test")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="made at"
                    ),
                ),
            ],
            options={
                "verbose_name": "loss model",
                "verbose_name_plural": "loss models",
                "constraints": [
                    models.UniqueConstraint(fields=("month", "currency", "digest"), name="provisioning_model_once")
                ],
            },
        ),
        CreateModel(
            name="ProvisionRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(verbose_name="month")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                (
                    "status",
                    models.CharField(
                        choices=[("DRAFT", "Calculated"), ("SUBMITTED", "Approval asked for"), ("POSTED", "Posted")],
                        db_default="DRAFT",
                        default="DRAFT",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("loans", models.PositiveIntegerField(db_default=0, default=0, verbose_name="loans")),
                ("ecl_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="expected credit loss")),
                ("overlay_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="overlay")),
                (
                    "five_tier_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="five-tier provision"),
                ),
                ("totals", models.JSONField(db_default={}, default=dict, verbose_name="by product")),
                ("inputs", models.CharField(max_length=64, verbose_name="digest of what it is calculated from")),
                ("request_id", models.BigIntegerField(blank=True, null=True, verbose_name="approval")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="calculated at",
                    ),
                ),
                ("made_by", models.TextField(verbose_name="calculated by")),
                ("posted_at", models.DateTimeField(blank=True, null=True, verbose_name="posted at")),
                ("posted_by", models.TextField(blank=True, db_default="", default="", verbose_name="posted by")),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="provisioning.lossmodel",
                        verbose_name="loss model",
                    ),
                ),
                (
                    "previous",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="provisioning.provisionrun",
                        verbose_name="compared with",
                    ),
                ),
            ],
            options={
                "verbose_name": "provision run",
                "verbose_name_plural": "provision runs",
                "ordering": ["-month", "currency", "-number"],
                "permissions": [("run_provisionrun", "Can calculate a provision and ask for its posting")],
            },
        ),
        CreateModel(
            name="LoanProvision",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id", "loan_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("loan_id", models.BigIntegerField(verbose_name="loan")),
                ("product", models.CharField(max_length=50, verbose_name="product")),
                ("bucket", models.CharField(max_length=20, verbose_name="bucket")),
                ("classification", models.CharField(blank=True, max_length=20, verbose_name="classification")),
                ("stage_before", models.CharField(blank=True, max_length=1, verbose_name="impairment stage before")),
                ("stage", models.CharField(max_length=1, verbose_name="impairment stage")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("PERFORMING", "paid as agreed"),
                            ("DAYS_PAST_DUE", "days past due"),
                            ("FORBORNE", "relief was agreed and is observed"),
                            ("FLAG", "a floor of its class"),
                            ("WARNING", "a strong early warning"),
                            ("PROBATION", "the probation after a worse stage is not over"),
                        ],
                        max_length=16,
                        verbose_name="why",
                    ),
                ),
                ("months", models.PositiveSmallIntegerField(verbose_name="months")),
                ("default_months", models.PositiveSmallIntegerField(verbose_name="months in default")),
                (
                    "pd_12",
                    models.DecimalField(
                        decimal_places=12, max_digits=13, verbose_name="probability of default in a year"
                    ),
                ),
                (
                    "pd_lifetime",
                    models.DecimalField(
                        decimal_places=12, max_digits=13, verbose_name="probability of default up to its end"
                    ),
                ),
                ("lgd", models.DecimalField(decimal_places=12, max_digits=13, verbose_name="share lost in a default")),
                (
                    "monthly_rate",
                    models.DecimalField(decimal_places=12, max_digits=13, verbose_name="effective rate of a month"),
                ),
                ("ead_minor", models.BigIntegerField(verbose_name="exposure")),
                (
                    "exposures",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="exposure by month"
                    ),
                ),
                (
                    "ecl_scenarios",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="expected credit loss by scenario"
                    ),
                ),
                ("ecl_minor", models.BigIntegerField(verbose_name="expected credit loss")),
                ("overlay_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="overlay")),
                (
                    "total_minor",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("ecl_minor"), "+", models.F("overlay_minor")
                        ),
                        output_field=models.BigIntegerField(),
                        verbose_name="set aside",
                    ),
                ),
                ("five_tier_minor", models.BigIntegerField(verbose_name="five-tier provision")),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="provisioning.provisionrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "provision of a loan",
                "verbose_name_plural": "provisions of loans",
            },
        ),
        CreateModel(
            name="Overlay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("product", models.CharField(blank=True, max_length=50, verbose_name="product")),
                ("bucket", models.CharField(blank=True, max_length=20, verbose_name="bucket")),
                ("stage", models.CharField(blank=True, max_length=1, verbose_name="impairment stage")),
                ("amount_minor", models.BigIntegerField(blank=True, null=True, verbose_name="amount")),
                (
                    "share",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True, verbose_name="share"),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("from_on", models.DateField(verbose_name="from")),
                ("to_on", models.DateField(verbose_name="to")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="entered at"
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="taken back at")),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="entered by",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="taken back by",
                    ),
                ),
            ],
            options={
                "verbose_name": "overlay of a provision",
                "verbose_name_plural": "overlays of provisions",
                "permissions": [("write_overlay", "Can enter and take back overlays of provisions")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_minor__gt", 0), ("share", None)),
                            models.Q(("amount_minor", None), ("share__gt", 0)),
                            _connector="OR",
                        ),
                        name="provisioning_overlay_has_one_size",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("to_on__gte", models.F("from_on"))), name="provisioning_overlay_days_agree"
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="provisionrun",
            constraint=models.UniqueConstraint(fields=("month", "currency", "number"), name="provisioning_run_once"),
        ),
        migrations.AddConstraint(
            model_name="provisionrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("posted_at__isnull", False), ("status", "POSTED")),
                    models.Q(models.Q(("status", "POSTED"), _negated=True), ("posted_at", None)),
                    _connector="OR",
                ),
                name="provisioning_run_posting_agrees",
            ),
        ),
        migrations.AddIndex(
            model_name="loanprovision",
            index=models.Index(fields=["loan_id"], name="provisioning_line_of_loan"),
        ),
        migrations.AddConstraint(
            model_name="loanprovision",
            constraint=models.CheckConstraint(
                condition=models.Q(("stage__in", ("1", "2", "3"))), name="provisioning_line_stage_is_known"
            ),
        ),
    ]

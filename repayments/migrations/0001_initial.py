import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

import dashu.users.sealing
from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("ledger", "0001_initial"),
        ("loans", "0001_initial"),
        ("users", "0001_initial"),
    ]

    operations = [
        CreateModel(
            name="LoanEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
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
                            ("ARREARS_PLAN", "Arrears in installments"),
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
                ("effective_on", models.DateField(verbose_name="effective on")),
                (
                    "posted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="posted at"
                    ),
                ),
                ("amount_minor", models.BigIntegerField(default=0, verbose_name="amount")),
                ("data", models.JSONField(default=dict, verbose_name="data")),
                ("actor", models.TextField(verbose_name="actor")),
            ],
            options={
                "verbose_name": "loan event",
                "verbose_name_plural": "loan events",
                "ordering": ["effective_on", "id"],
                "permissions": [
                    ("waive_loanevent", "Can waive an amount"),
                    ("charge_loanevent", "Can charge a fee"),
                    ("refund_loanevent", "Can refund a credit"),
                    ("extend_loanevent", "Can grant a payment holiday"),
                    ("pause_loanevent", "Can pause and resume the count"),
                    ("restructure_loanevent", "Can give a loan new terms"),
                    ("reprice_loanevent", "Can change the rate of a loan"),
                    ("redate_loanevent", "Can change the due day of a loan"),
                    ("charge_off_loanevent", "Can charge off a loan"),
                    ("write_off_loanevent", "Can write off a loan"),
                    ("sell_loanevent", "Can sell a loan"),
                ],
                "indexes": [models.Index(fields=["loan", "effective_on", "id"], name="repayments_event_by_loan")],
            },
        ),
        CreateModel(
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
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="restatements",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("from_on", models.DateField(verbose_name="from")),
                ("before", models.JSONField(verbose_name="before")),
                ("after", models.JSONField(verbose_name="after")),
            ],
            options={
                "verbose_name": "restatement",
                "verbose_name_plural": "restatements",
            },
        ),
        CreateModel(
            name="Payment",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="repayments.loanevent",
                        verbose_name="loan event",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("reference", models.CharField(max_length=80, unique=True, verbose_name="reference")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("GATEWAY", "Online payment"),
                            ("BANK_TRANSFER", "Bank transfer"),
                            ("PARTNER", "Partner"),
                            ("CASH_DESK", "Cash desk"),
                            ("AUTOPAY", "Autopay"),
                            ("TAPE", "Loan tape"),
                            ("CONSOLIDATION", "Paid off by a new loan"),
                        ],
                        max_length=16,
                        verbose_name="channel",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("received_on", models.DateField(verbose_name="received on")),
                (
                    "posted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="posted at"
                    ),
                ),
                ("fee_minor", models.BigIntegerField(default=0, verbose_name="fee")),
                ("penalty_minor", models.BigIntegerField(default=0, verbose_name="penalty")),
                ("interest_minor", models.BigIntegerField(default=0, verbose_name="interest")),
                ("principal_minor", models.BigIntegerField(default=0, verbose_name="principal")),
                ("unapplied_minor", models.BigIntegerField(default=0, verbose_name="credit")),
                ("is_returned", models.BooleanField(default=False, verbose_name="returned")),
            ],
            options={
                "verbose_name": "payment",
                "verbose_name_plural": "payments",
                "ordering": ["-event_id"],
                "permissions": [
                    ("return_payment", "Can return payment"),
                    ("correct_payment", "Can correct payment"),
                    ("refund_payment", "Can ask for a refund of what was paid too much"),
                    ("cash_payment", "Can take payment at the cash desk"),
                    ("charge_back_payment", "Can charge payment back"),
                ],
                "indexes": [models.Index(fields=["received_on", "loan"], name="repayments_payment_by_day")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="repayments_payment_amount_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_returned", True),
                            (
                                "amount_minor",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("fee_minor"), "+", models.F("penalty_minor")
                                            ),
                                            "+",
                                            models.F("interest_minor"),
                                        ),
                                        "+",
                                        models.F("principal_minor"),
                                    ),
                                    "+",
                                    models.F("unapplied_minor"),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="repayments_payment_parts_sum_to_amount",
                    ),
                ],
            },
        ),
        CreateModel(
            name="PaymentAllocation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "payment_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="repayments.payment",
                        verbose_name="payment",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="installment")),
                ("fee_minor", models.BigIntegerField(default=0, verbose_name="fee")),
                ("interest_minor", models.BigIntegerField(default=0, verbose_name="interest")),
                ("principal_minor", models.BigIntegerField(default=0, verbose_name="principal")),
            ],
            options={
                "verbose_name": "allocation",
                "verbose_name_plural": "allocations",
            },
        ),
        CreateModel(
            name="Disbursement",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="repayments.loanevent",
                        verbose_name="loan event",
                    ),
                ),
                (
                    "loan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disbursement",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("reference", models.CharField(max_length=80, unique=True, verbose_name="reference")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("disbursed_on", models.DateField(verbose_name="paid out on")),
            ],
            options={
                "verbose_name": "payout",
                "verbose_name_plural": "payouts",
            },
        ),
        CreateModel(
            name="Checkout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(editable=False, unique=True, verbose_name="token")),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checkouts",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("STARTED", "Started"),
                            ("PAID", "Paid"),
                            ("DECLINED", "Declined"),
                            ("EXPIRED", "Expired"),
                        ],
                        default="STARTED",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
                (
                    "payment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checkout",
                        to="repayments.payment",
                        verbose_name="payment",
                    ),
                ),
                (
                    "provider",
                    models.CharField(
                        db_default="simulated", default="simulated", max_length=16, verbose_name="provider"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[("PAGE", "Paid by the borrower"), ("AUTOPAY", "Autopay")],
                        db_default="PAGE",
                        default="PAGE",
                        max_length=8,
                        verbose_name="purpose",
                    ),
                ),
                (
                    "parts",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()), default=list, verbose_name="parts"
                    ),
                ),
                ("received_minor", models.BigIntegerField(blank=True, null=True, verbose_name="really received")),
                (
                    "failure",
                    models.CharField(blank=True, db_default="", default="", max_length=24, verbose_name="why not paid"),
                ),
                ("asked_at", models.DateTimeField(blank=True, null=True, verbose_name="asked about at")),
            ],
            options={
                "verbose_name": "checkout",
                "verbose_name_plural": "checkouts",
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "STARTED")),
                        fields=["created_at"],
                        name="repayments_checkout_open",
                    )
                ],
            },
        ),
        CreateModel(
            name="GatewayCallback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=16, verbose_name="provider")),
                ("event_id", models.CharField(max_length=120, verbose_name="message")),
                ("signature_ok", models.BooleanField(verbose_name="signature is good")),
                ("kind", models.CharField(blank=True, db_default="", default="", max_length=16, verbose_name="kind")),
                ("checkout_token", models.UUIDField(blank=True, null=True, verbose_name="checkout")),
                (
                    "reference",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=120, verbose_name="provider's reference"
                    ),
                ),
                ("amount_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="amount")),
                (
                    "currency",
                    models.CharField(blank=True, db_default="", default="", max_length=3, verbose_name="currency"),
                ),
                ("occurred_at", models.DateTimeField(blank=True, null=True, verbose_name="happened at")),
                (
                    "failure",
                    models.CharField(blank=True, db_default="", default="", max_length=24, verbose_name="why not paid"),
                ),
                ("body_hash", models.CharField(max_length=64, verbose_name="digest")),
                (
                    "received_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="received at"
                    ),
                ),
                (
                    "latest_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="latest delivery",
                    ),
                ),
                ("deliveries", models.PositiveIntegerField(db_default=1, default=1, verbose_name="deliveries")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("NEW", "Being read"),
                            ("BOOKED", "Booked"),
                            ("NOTED", "Noted"),
                            ("IGNORED", "Known already"),
                            ("PARKED", "Waits for the payment"),
                            ("FLAGGED", "Needs a look"),
                            ("REFUSED", "Refused"),
                        ],
                        db_default="NEW",
                        default="NEW",
                        max_length=8,
                        verbose_name="outcome",
                    ),
                ),
                ("error", models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="error")),
            ],
            options={
                "verbose_name": "provider's message",
                "verbose_name_plural": "provider's messages",
                "indexes": [models.Index(fields=["checkout_token"], name="repayments_callback_checkout")],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "event_id"), name="repayments_callback_once")
                ],
            },
        ),
        CreateModel(
            name="Chargeback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chargeback",
                        to="repayments.payment",
                        verbose_name="payment",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("CHARGEBACK", "Chargeback"), ("REFUND", "Refund at the provider")],
                        default="CHARGEBACK",
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("PROVIDER", "Payment provider"), ("STAFF", "Staff")],
                        max_length=8,
                        verbose_name="told by",
                    ),
                ),
                ("charged_back_on", models.DateField(verbose_name="taken back on")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("reason", models.TextField(verbose_name="reason")),
                ("actor", models.TextField(verbose_name="recorded by")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="recorded at"
                    ),
                ),
                (
                    "provider_reference",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=120, verbose_name="provider's reference"
                    ),
                ),
                (
                    "rest_payment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="repayments.payment",
                        verbose_name="payment kept",
                    ),
                ),
                ("won_on", models.DateField(blank=True, null=True, verbose_name="won back on")),
                (
                    "won_payment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="repayments.payment",
                        verbose_name="payment won back",
                    ),
                ),
            ],
            options={
                "verbose_name": "chargeback",
                "verbose_name_plural": "chargebacks",
            },
        ),
        CreateModel(
            name="AutopayMandate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mandates",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("provider", models.CharField(max_length=16, verbose_name="provider")),
                ("account_token", models.CharField(max_length=120, verbose_name="provider's token of the account")),
                ("account_label", models.CharField(max_length=40, verbose_name="account")),
                (
                    "status",
                    models.CharField(
                        choices=[("ACTIVE", "In use"), ("PAUSED", "Paused"), ("CANCELLED", "Ended")],
                        default="ACTIVE",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "timing",
                    models.CharField(
                        choices=[
                            ("DUE_DATE", "On the due date"),
                            ("DAYS_BEFORE", "Some days before the due date"),
                            ("MONTH_DAY", "On a day of the month"),
                        ],
                        default="DUE_DATE",
                        max_length=12,
                        verbose_name="collection day",
                    ),
                ),
                ("timing_number", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="day or days")),
                ("day_chosen_on", models.DateField(verbose_name="collection day chosen on")),
                ("consent_version", models.CharField(max_length=20, verbose_name="version of the consent")),
                ("consent_text", models.TextField(verbose_name="words of the consent")),
                ("consented_at", models.DateTimeField(verbose_name="agreed at")),
                ("consented_by", models.TextField(verbose_name="agreed by")),
                ("held_through", models.DateField(blank=True, null=True, verbose_name="on hold through")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "ended_because",
                    models.CharField(blank=True, default="", max_length=24, verbose_name="ended because"),
                ),
            ],
            options={
                "verbose_name": "autopay",
                "verbose_name_plural": "autopay",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "CANCELLED"), _negated=True),
                        fields=("loan",),
                        name="repayments_mandate_one_in_use",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("timing", "DUE_DATE"), ("timing_number__isnull", True)),
                            models.Q(("timing", "DAYS_BEFORE"), ("timing_number__range", (1, 15))),
                            models.Q(("timing", "MONTH_DAY"), ("timing_number__range", (1, 28))),
                            _connector="OR",
                        ),
                        name="repayments_mandate_day_is_possible",
                    ),
                ],
            },
        ),
        CreateModel(
            name="AutopayAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "mandate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="repayments.autopaymandate",
                        verbose_name="autopay",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("due_on", models.DateField(verbose_name="due on")),
                ("try_number", models.PositiveSmallIntegerField(verbose_name="try")),
                ("scheduled_on", models.DateField(verbose_name="scheduled on")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PLANNED", "Planned"),
                            ("SENT", "Asked for"),
                            ("PAID", "Collected"),
                            ("FAILED", "Not collected"),
                            ("SKIPPED", "Not needed"),
                        ],
                        db_default="PLANNED",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("token", models.UUIDField(unique=True, verbose_name="provider reference")),
                ("amount_minor", models.BigIntegerField(blank=True, null=True, verbose_name="amount")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="asked at")),
                ("answered_on", models.DateField(blank=True, null=True, verbose_name="answered on")),
                (
                    "failure",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=24, verbose_name="why not collected"
                    ),
                ),
                (
                    "checkout",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempt",
                        to="repayments.checkout",
                        verbose_name="checkout",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
            ],
            options={
                "verbose_name": "autopay collection",
                "verbose_name_plural": "autopay collections",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "PLANNED")),
                        fields=["scheduled_on", "id"],
                        name="repayments_attempt_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("status", "FAILED")),
                        fields=["scheduled_on", "loan"],
                        name="repayments_attempt_failed",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("loan", "due_on", "try_number"), name="repayments_attempt_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "SENT")),
                        fields=("loan",),
                        name="repayments_attempt_one_under_way",
                    ),
                ],
            },
        ),
        CreateModel(
            name="LoanBalance",
            fields=[
                (
                    "loan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="balance",
                        serialize=False,
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "schedule_version",
                    models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name="schedule version"),
                ),
                ("principal_minor", models.BigIntegerField(verbose_name="principal outstanding")),
                (
                    "unapplied_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="credit of the borrower"),
                ),
                ("penalty_parts", models.DecimalField(db_default=0, decimal_places=0, default=0, max_digits=40)),
                (
                    "penalty_uncapped_parts",
                    models.DecimalField(db_default=0, decimal_places=0, default=0, max_digits=40),
                ),
                ("penalty_room_parts", models.DecimalField(db_default=0, decimal_places=0, default=0, max_digits=40)),
                (
                    "penalty_charged_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="penalty charged"),
                ),
                ("penalty_paid_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="penalty paid")),
                (
                    "penalty_waived_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="penalty waived"),
                ),
                ("interest_parts", models.DecimalField(db_default=0, decimal_places=0, default=0, max_digits=40)),
                (
                    "interest_collected_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="daily interest collected"),
                ),
                ("accrued_through", models.DateField(verbose_name="accrued through")),
                ("interest_through", models.DateField(verbose_name="daily interest through")),
                (
                    "refund_due_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="refund to come back"),
                ),
                (
                    "annual_rate",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="If changed.",
                        max_digits=9,
                        null=True,
                        verbose_name="annual rate in force",
                    ),
                ),
                (
                    "is_non_accrual",
                    models.BooleanField(db_default=False, default=False, verbose_name="no longer accrued as income"),
                ),
                (
                    "pause_starts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateField(),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="pauses from",
                    ),
                ),
                (
                    "pause_ends",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateField(null=True),
                        db_default=[],
                        default=list,
                        help_text="Included.",
                        size=None,
                        verbose_name="pauses to",
                    ),
                ),
                ("latest_event_on", models.DateField(verbose_name="latest event on")),
            ],
            options={
                "verbose_name": "loan balance",
                "verbose_name_plural": "loan balances",
            },
        ),
        CreateModel(
            name="BankAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=64, unique=True, verbose_name="account number")),
                (
                    "name",
                    models.CharField(
                        help_text="What staff call it, with the bank.", max_length=80, verbose_name="name"
                    ),
                ),
                ("currency", models.CharField(default="CNY", max_length=3, verbose_name="currency")),
                ("is_active", models.BooleanField(db_default=True, default=True, verbose_name="in use")),
            ],
            options={
                "verbose_name": "bank account",
                "verbose_name_plural": "bank accounts",
                "ordering": ["name", "pk"],
            },
        ),
        CreateModel(
            name="BankFileDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.BinaryField(verbose_name="content")),
                ("file_name", models.CharField(max_length=200, verbose_name="file name")),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="repayments.bankaccount",
                        verbose_name="bank account",
                    ),
                ),
                ("layout", models.CharField(blank=True, default="", max_length=40, verbose_name="layout")),
                ("uploaded_by", models.TextField(verbose_name="uploaded by")),
                (
                    "uploaded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="uploaded at"
                    ),
                ),
            ],
            options={
                "verbose_name": "bank file in preview",
                "verbose_name_plural": "bank files in preview",
                "default_permissions": (),
            },
        ),
        CreateModel(
            name="BankStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="repayments.bankaccount",
                        verbose_name="bank account",
                    ),
                ),
                ("file_name", models.CharField(max_length=200, verbose_name="file name")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256 of the file")),
                ("number_in_file", models.PositiveIntegerField(verbose_name="statement in the file")),
                (
                    "format",
                    models.CharField(
                        choices=[("CSV", "CSV"), ("CAMT053", "CAMT053"), ("MT940", "MT940")],
                        max_length=8,
                        verbose_name="format",
                    ),
                ),
                ("layout", models.CharField(blank=True, default="", max_length=40, verbose_name="layout")),
                ("encoding", models.CharField(max_length=8, verbose_name="encoding")),
                ("from_on", models.DateField(blank=True, null=True, verbose_name="from")),
                ("to_on", models.DateField(blank=True, null=True, verbose_name="to")),
                ("opening_minor", models.BigIntegerField(blank=True, null=True, verbose_name="opening balance")),
                ("closing_minor", models.BigIntegerField(blank=True, null=True, verbose_name="closing balance")),
                ("lines_known", models.PositiveIntegerField(default=0, verbose_name="lines that were here already")),
                ("problems", models.JSONField(default=list, verbose_name="lines not taken")),
                ("imported_by", models.TextField(verbose_name="imported by")),
                (
                    "imported_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="imported at"
                    ),
                ),
                ("matched_at", models.DateTimeField(blank=True, null=True, verbose_name="looked through at")),
            ],
            options={
                "verbose_name": "bank statement",
                "verbose_name_plural": "bank statements",
                "ordering": ["-pk"],
                "permissions": [("import_bankstatement", "Can import bank statement")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("matched_at", None)), fields=["id"], name="repayments_bankstatement_todo"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("sha256", "number_in_file"), name="repayments_bankstatement_once")
                ],
            },
        ),
        CreateModel(
            name="BankLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="repayments.bankstatement",
                        verbose_name="bank statement",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="repayments.bankaccount",
                        verbose_name="bank account",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="line of the file")),
                ("booked_on", models.DateField(verbose_name="booked on")),
                ("value_on", models.DateField(verbose_name="value date")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("counterparty_name", models.CharField(blank=True, max_length=200, verbose_name="counterparty")),
                (
                    "counterparty_account",
                    models.CharField(blank=True, max_length=4, verbose_name="counterparty's account"),
                ),
                ("text", models.TextField(blank=True, verbose_name="text")),
                ("bank_reference", models.CharField(blank=True, max_length=64, verbose_name="bank's reference")),
                ("balance_minor", models.BigIntegerField(blank=True, null=True, verbose_name="balance after it")),
                ("identity", models.BinaryField(max_length=32, unique=True, verbose_name="identity")),
                (
                    "status",
                    models.CharField(
                        choices=[("UNMATCHED", "Unmatched"), ("MATCHED", "Matched"), ("IGNORED", "Explained")],
                        default="UNMATCHED",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "suspense",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.journalentry",
                        verbose_name="entry in suspense",
                    ),
                ),
            ],
            options={
                "verbose_name": "bank line",
                "verbose_name_plural": "bank lines",
                "ordering": ["-pk"],
                "permissions": [
                    ("match_bankline", "Can match bank line"),
                    ("undo_bankline", "Can undo match of bank line"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "UNMATCHED")), fields=["id"], name="repayments_bankline_unmatched"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True), name="repayments_bankline_has_an_amount"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_minor__gt", 0), ("status", "UNMATCHED"), ("suspense__isnull", False)),
                            models.Q(models.Q(("status", "UNMATCHED"), _negated=True), ("suspense__isnull", True)),
                            models.Q(("amount_minor__lt", 0), ("suspense__isnull", True)),
                            _connector="OR",
                        ),
                        name="repayments_bankline_suspense_while_unmatched",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "MATCHED"), _negated=True), ("amount_minor__gt", 0), _connector="OR"
                        ),
                        name="repayments_bankline_only_credits_match",
                    ),
                ],
            },
        ),
        CreateModel(
            name="BankMatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="undone at")),
                ("undone_by", models.TextField(blank=True, default="", verbose_name="undone by")),
                ("undone_reason", models.TextField(blank=True, default="", verbose_name="reason of undoing")),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="matches",
                        to="repayments.bankline",
                        verbose_name="bank line",
                    ),
                ),
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_match",
                        to="repayments.payment",
                        verbose_name="payment",
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="score")),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("LOAN_NUMBER", "LOAN_NUMBER"),
                            ("VIRTUAL_ACCOUNT", "VIRTUAL_ACCOUNT"),
                            ("CHECKOUT", "CHECKOUT"),
                            ("PAYMENT", "PAYMENT"),
                            ("AMOUNT_AND_NAME", "AMOUNT_AND_NAME"),
                            ("BY_HAND", "BY_HAND"),
                        ],
                        max_length=20,
                        verbose_name="rule",
                    ),
                ),
                ("reasons", models.JSONField(default=list, verbose_name="reasons")),
                ("matched_by", models.TextField(verbose_name="matched by")),
                (
                    "matched_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="matched at"
                    ),
                ),
            ],
            options={
                "verbose_name": "match of a bank line",
                "verbose_name_plural": "matches of bank lines",
                "default_permissions": ("view",),
            },
        ),
        CreateModel(
            name="BankExplanation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="undone at")),
                ("undone_by", models.TextField(blank=True, default="", verbose_name="undone by")),
                ("undone_reason", models.TextField(blank=True, default="", verbose_name="reason of undoing")),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="explanations",
                        to="repayments.bankline",
                        verbose_name="bank line",
                    ),
                ),
                (
                    "disbursement",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bank_explanations",
                        to="repayments.disbursement",
                        verbose_name="payout",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("explained_by", models.TextField(verbose_name="explained by")),
                (
                    "explained_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="explained at",
                    ),
                ),
            ],
            options={
                "verbose_name": "explanation of a bank line",
                "verbose_name_plural": "explanations of bank lines",
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)),
                        fields=("line",),
                        name="repayments_bankexplanation_one_open",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("disbursement__isnull", False), ("undone_at", None)),
                        fields=("disbursement",),
                        name="repayments_bankexplanation_payout_once",
                    ),
                ],
            },
        ),
        CreateModel(
            name="CorrectionBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(editable=False, unique=True, verbose_name="key")),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                (
                    "status",
                    models.CharField(
                        choices=[("WAITING", "Waiting to be booked"), ("BOOKED", "Booked"), ("UNDONE", "Undone")],
                        default="WAITING",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="uploaded at"
                    ),
                ),
                ("created_by", models.TextField(verbose_name="uploaded by")),
            ],
            options={
                "verbose_name": "correction by file",
                "verbose_name_plural": "corrections by file",
                "ordering": ["-id"],
                "permissions": [("book_correctionbatch", "Can book and undo corrections by file")],
            },
        ),
        CreateModel(
            name="CorrectionRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="repayments.correctionbatch",
                        verbose_name="batch",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="line")),
                ("act", models.CharField(blank=True, default="", max_length=40, verbose_name="act")),
                (
                    "loan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("payload", models.JSONField(default=dict, verbose_name="values")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting to be booked"),
                            ("REFUSED", "Refused"),
                            ("BOOKED", "Booked"),
                            ("UNDONE", "Undone"),
                        ],
                        default="WAITING",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("refusal", models.TextField(blank=True, default="", verbose_name="refusal")),
                (
                    "event_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="events",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a correction",
                "verbose_name_plural": "lines of corrections",
                "ordering": ["batch", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "number"), name="repayments_correction_row_once")
                ],
            },
        ),
        CreateModel(
            name="IssuedDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(editable=False, max_length=16, unique=True, verbose_name="verification code"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("SETTLEMENT_CERTIFICATE", "Settlement certificate"),
                            ("STATEMENT_OF_ACCOUNT", "Statement of account"),
                            ("AMENDMENT", "Amendment of the contract"),
                            ("PLAN_CERTIFICATE", "Certificate of a completed plan"),
                        ],
                        max_length=24,
                        verbose_name="kind",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("zh-hans", "Simplified Chinese"),
                            ("zh-hant", "Traditional Chinese"),
                            ("en", "English"),
                        ],
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                ("issued_at", models.DateTimeField(verbose_name="issued at")),
                ("as_of", models.DateField(verbose_name="as of")),
                ("facts", dashu.users.sealing.SealedJSON(verbose_name="what it says")),
                ("facts_digest", models.CharField(max_length=64, verbose_name="digest of what it says")),
                ("actor", models.TextField(verbose_name="issued by")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked at")),
                (
                    "revoked_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("RUNS_AGAIN", "A payment did not hold, so the loan is running again."),
                            ("CORRECTED", "The day on which the loan was paid off was corrected."),
                            ("BY_STAFF", "The lender took it back."),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="why it was revoked",
                    ),
                ),
                ("revoked_note", models.TextField(blank=True, default="", verbose_name="note")),
                ("revoked_by", models.TextField(blank=True, default="", verbose_name="revoked by")),
            ],
            options={
                "verbose_name": "issued document",
                "verbose_name_plural": "issued documents",
                "ordering": ["-id"],
                "permissions": [
                    ("issue_issueddocument", "Can issue documents"),
                    ("revoke_issueddocument", "Can revoke documents"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("kind", "SETTLEMENT_CERTIFICATE"), ("revoked_at", None)),
                        fields=["loan"],
                        name="repayments_certificate_stands",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("loan", "kind", "language", "facts_digest"),
                        name="repayments_document_once",
                    )
                ],
            },
        ),
        CreateModel(
            name="IssuedFile",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "document_id", "format", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="repayments.issueddocument",
                        verbose_name="document",
                    ),
                ),
                (
                    "format",
                    models.CharField(choices=[("PDF", "PDF"), ("XLSX", "XLSX")], max_length=4, verbose_name="format"),
                ),
                ("content", dashu.users.sealing.SealedBytes(editable=True, verbose_name="content")),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
            ],
            options={
                "verbose_name": "file of a document",
                "verbose_name_plural": "files of documents",
            },
        ),
        CreateModel(
            name="PaymentGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=76, unique=True, verbose_name="reference")),
                (
                    "borrower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                ("total_minor", models.BigIntegerField(verbose_name="total")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("received_on", models.DateField(verbose_name="received on")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("GATEWAY", "Online payment"),
                            ("BANK_TRANSFER", "Bank transfer"),
                            ("PARTNER", "Partner"),
                            ("CASH_DESK", "Cash desk"),
                            ("AUTOPAY", "Autopay"),
                            ("TAPE", "Loan tape"),
                            ("CONSOLIDATION", "Paid off by a new loan"),
                        ],
                        max_length=16,
                        verbose_name="channel",
                    ),
                ),
                (
                    "posted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="posted at"
                    ),
                ),
                (
                    "checkout",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="group",
                        to="repayments.checkout",
                        verbose_name="checkout",
                    ),
                ),
            ],
            options={
                "verbose_name": "payment for several loans",
                "verbose_name_plural": "payments for several loans",
            },
        ),
        CreateModel(
            name="PaymentGroupPart",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group_id", "position", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="repayments.paymentgroup",
                        verbose_name="group",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="group_part",
                        to="repayments.payment",
                        verbose_name="payment",
                    ),
                ),
            ],
            options={
                "verbose_name": "part of a payment",
                "verbose_name_plural": "parts of a payment",
            },
        ),
        CreateModel(
            name="PayoffQuote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="token")),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payoff_quotes",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OFFERED", "Offered"),
                            ("ACCEPTED", "Accepted"),
                            ("USED", "Paid"),
                            ("EXPIRED", "Expired"),
                            ("WITHDRAWN", "Withdrawn"),
                            ("SUPERSEDED", "Replaced by a newer quote"),
                            ("VOID", "Void: the loan changed"),
                        ],
                        default="OFFERED",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("quoted_on", models.DateField(verbose_name="quoted on")),
                ("pays_on", models.DateField(verbose_name="computed for")),
                ("valid_to", models.DateField(verbose_name="valid to")),
                ("principal_minor", models.BigIntegerField(verbose_name="principal")),
                ("interest_minor", models.BigIntegerField(verbose_name="interest")),
                ("fee_minor", models.BigIntegerField(verbose_name="fee")),
                ("penalty_minor", models.BigIntegerField(verbose_name="penalty")),
                ("prepayment_fee_minor", models.BigIntegerField(verbose_name="prepayment fee")),
                ("rebate_minor", models.BigIntegerField(verbose_name="rebate")),
                ("credit_minor", models.BigIntegerField(verbose_name="credit")),
                ("total_minor", models.BigIntegerField(verbose_name="total")),
                ("days", models.JSONField(verbose_name="payoff of each day")),
                ("latest_event", models.BigIntegerField(verbose_name="newest event known")),
                (
                    "closed_reason",
                    models.CharField(blank=True, default="", max_length=40, verbose_name="why it no longer holds"),
                ),
                ("closed_note", models.TextField(blank=True, default="", verbose_name="note")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="accepted at")),
                ("actor", models.TextField(verbose_name="actor")),
                ("accepted_by", models.TextField(blank=True, default="", verbose_name="accepted by")),
                (
                    "payment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payoff_quote",
                        to="repayments.payment",
                        verbose_name="payment",
                    ),
                ),
            ],
            options={
                "verbose_name": "payoff quote",
                "verbose_name_plural": "payoff quotes",
                "ordering": ["-id"],
                "permissions": [
                    ("offer_payoffquote", "Can offer and accept payoff quotes"),
                    ("withdraw_payoffquote", "Can withdraw payoff quotes"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["OFFERED", "ACCEPTED"])),
                        fields=["valid_to"],
                        name="repayments_payoff_quote_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "ACCEPTED")),
                        fields=("loan",),
                        name="repayments_payoff_quote_accepted_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pays_on__gte", models.F("quoted_on")),
                            ("total_minor__gt", 0),
                            ("valid_to__gte", models.F("pays_on")),
                        ),
                        name="repayments_payoff_quote_lies_in_its_time",
                    ),
                ],
            },
        ),
        CreateModel(
            name="PayoffCheckout",
            fields=[
                (
                    "checkout",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="payoff",
                        serialize=False,
                        to="repayments.checkout",
                        verbose_name="checkout",
                    ),
                ),
                (
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checkouts",
                        to="repayments.payoffquote",
                        verbose_name="payoff quote",
                    ),
                ),
                ("value_on", models.DateField(verbose_name="counts on")),
            ],
            options={
                "verbose_name": "payoff checkout",
                "verbose_name_plural": "payoff checkouts",
            },
        ),
        CreateModel(
            name="Payout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="token")),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payouts",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                (
                    "destination",
                    models.CharField(
                        choices=[
                            ("ISSUER_CARD", "Bank of the credit card"),
                            ("BANK_ACCOUNT", "Borrower's own account"),
                        ],
                        max_length=12,
                        verbose_name="paid out to",
                    ),
                ),
                ("bank", models.CharField(max_length=60, verbose_name="bank")),
                ("account_number", dashu.users.sealing.SealedText(verbose_name="account")),
                ("account_shown", models.CharField(max_length=40, verbose_name="account")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("REQUESTED", "Waiting for approval"),
                            ("APPROVED", "To be sent"),
                            ("HELD", "Held back"),
                            ("SENT", "Sent, not yet confirmed"),
                            ("ARRIVED", "Arrived"),
                            ("FAILED", "Did not arrive"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        max_length=9,
                        verbose_name="status",
                    ),
                ),
                ("due_on", models.DateField(verbose_name="not before")),
                (
                    "held_because",
                    models.JSONField(
                        db_default=models.Value([], output_field=models.JSONField()),
                        default=list,
                        verbose_name="held back because",
                    ),
                ),
                ("held_at", models.DateTimeField(blank=True, null=True, verbose_name="held back since")),
                ("provider", models.CharField(blank=True, default="", max_length=16, verbose_name="provider")),
                (
                    "provider_reference",
                    models.CharField(blank=True, default="", max_length=80, verbose_name="provider's reference"),
                ),
                ("failure", models.CharField(blank=True, default="", max_length=24, verbose_name="why it failed")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                (
                    "requested_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="asked for at",
                    ),
                ),
                ("approved_by", models.TextField(blank=True, default="", verbose_name="approved by")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("asked_at", models.DateTimeField(blank=True, null=True, verbose_name="provider asked at")),
                ("arrived_on", models.DateField(blank=True, null=True, verbose_name="arrived on")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "payout",
                "verbose_name_plural": "payouts",
                "ordering": ["-id"],
                "permissions": [
                    ("ask_payout", "Can ask for payouts above the automatic limit"),
                    ("retry_payout", "Can try payouts again that failed"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["APPROVED", "HELD"])),
                        fields=["due_on", "id"],
                        name="repayments_payout_to_send",
                    ),
                    models.Index(
                        condition=models.Q(("status", "SENT")), fields=["sent_at"], name="repayments_payout_unknown"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("loan", "number"), name="repayments_payout_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["FAILED", "CANCELLED"]), _negated=True),
                        fields=("loan",),
                        name="repayments_payout_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="repayments_payout_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("arrived_on__isnull", False), ("status", "ARRIVED")),
                            models.Q(models.Q(("status", "ARRIVED"), _negated=True), ("arrived_on", None)),
                            _connector="OR",
                        ),
                        name="repayments_payout_arrived_on_a_day",
                    ),
                ],
            },
        ),
        CreateModel(
            name="ReconciliationDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(unique=True, verbose_name="day")),
                (
                    "ran_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="ran at"),
                ),
                ("loans", models.BigIntegerField(verbose_name="loans compared")),
                ("differences", models.BigIntegerField(verbose_name="differences")),
                (
                    "difference_minor",
                    models.BigIntegerField(
                        help_text="In minor units, each difference without its sign.", verbose_name="sum of differences"
                    ),
                ),
                ("unbalanced", models.JSONField(default=dict, verbose_name="debits less credits")),
                ("details", models.JSONField(default=list, verbose_name="first differences")),
                ("actor", models.TextField(verbose_name="actor")),
            ],
            options={
                "verbose_name": "reconciliation",
                "verbose_name_plural": "reconciliations",
                "ordering": ["-on"],
                "permissions": [("run_reconciliationday", "Can run the reconciliation")],
            },
        ),
        CreateModel(
            name="ScheduleVersion",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "loan_id", "version", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schedule_versions",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(verbose_name="version")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("CONTRACT", "Contract"),
                            ("TAKEOVER", "Takeover"),
                            ("EXTENSION", "Payment holiday"),
                            ("RESTRUCTURE", "New terms"),
                            ("ARREARS_PLAN", "Arrears in installments"),
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
                ("effective_on", models.DateField(verbose_name="effective on")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
            ],
            options={
                "verbose_name": "schedule version",
                "verbose_name_plural": "schedule versions",
            },
        ),
        CreateModel(
            name="Installment",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "loan_id", "version", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="installments",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(default=1, verbose_name="version")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("principal_minor", models.BigIntegerField(verbose_name="principal")),
                ("interest_minor", models.BigIntegerField(verbose_name="interest")),
                ("fee_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="fee")),
                (
                    "paid_principal_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="principal paid"),
                ),
                ("paid_interest_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="interest paid")),
                ("paid_fee_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="fee paid")),
                (
                    "waived_principal_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="principal waived"),
                ),
                (
                    "waived_interest_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="interest waived"),
                ),
                ("waived_fee_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="fee waived")),
                ("period_from", models.DateField(blank=True, null=True, verbose_name="interest from")),
                (
                    "earned_interest_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="interest earned before"),
                ),
                ("earned_fee_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="fee due before")),
                ("is_current", models.BooleanField(db_default=True, default=True, verbose_name="in force")),
                (
                    "unpaid_minor",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(
                                is_current=True,
                                then=django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("principal_minor"), "-", models.F("paid_principal_minor")
                                            ),
                                            "-",
                                            models.F("waived_principal_minor"),
                                        ),
                                        "+",
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("interest_minor"), "-", models.F("paid_interest_minor")
                                            ),
                                            "-",
                                            models.F("waived_interest_minor"),
                                        ),
                                    ),
                                    "+",
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("fee_minor"), "-", models.F("paid_fee_minor")
                                        ),
                                        "-",
                                        models.F("waived_fee_minor"),
                                    ),
                                ),
                            ),
                            default=models.Value(0),
                        ),
                        output_field=models.BigIntegerField(),
                        verbose_name="unpaid",
                    ),
                ),
            ],
            options={
                "verbose_name": "installment",
                "verbose_name_plural": "installments",
                "indexes": [
                    models.Index(
                        condition=models.Q(("unpaid_minor__gt", 0)),
                        fields=["due_on", "loan"],
                        name="repayments_installment_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "fee_minor__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("paid_fee_minor"), "+", models.F("waived_fee_minor")
                                ),
                            ),
                            (
                                "interest_minor__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("paid_interest_minor"), "+", models.F("waived_interest_minor")
                                ),
                            ),
                            ("paid_fee_minor__gte", 0),
                            ("paid_interest_minor__gte", 0),
                            ("paid_principal_minor__gte", 0),
                            (
                                "principal_minor__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("paid_principal_minor"), "+", models.F("waived_principal_minor")
                                ),
                            ),
                        ),
                        name="repayments_installment_paid_at_most_what_is_owed",
                    )
                ],
            },
        ),
        CreateModel(
            name="InstallmentMovement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
            ],
            options={
                "verbose_name": "movement of an installment",
                "verbose_name_plural": "movements of installments",
                "indexes": [models.Index(fields=["loan", "effective_on"], name="repayments_movement_by_loan")],
            },
        ),
        CreateModel(
            name="VirtualAccount",
            fields=[
                (
                    "loan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="virtual_account",
                        serialize=False,
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("number", models.CharField(max_length=32, unique=True, verbose_name="account number")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
            ],
            options={
                "verbose_name": "virtual account",
                "verbose_name_plural": "virtual accounts",
            },
        ),
        CreateModel(
            name="Withdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "loan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawal",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting for the payout to arrive or fail"),
                            ("OPEN", "Waiting for the money"),
                            ("DONE", "Given back"),
                            ("LAPSED", "Not paid back in time"),
                        ],
                        max_length=7,
                        verbose_name="status",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked for at")),
                ("pay_by", models.DateField(blank=True, null=True, verbose_name="to be paid back by")),
                ("waivers", models.JSONField(default=list, verbose_name="waivers")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "withdrawal from a loan",
                "verbose_name_plural": "withdrawals from loans",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "OPEN")), fields=["pay_by"], name="repayments_withdrawal_open"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("pay_by", None), ("status", "WAITING")),
                            models.Q(models.Q(("status", "WAITING"), _negated=True), ("pay_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="repayments_withdrawal_has_a_day",
                    )
                ],
            },
        ),
    ]

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import dashu.users.sealing
import loans.models.applications
from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("users", "0001_initial"),
        ("users", "__first__"),
    ]

    operations = [
        CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(unique=True, verbose_name="code")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("CONSUMER", "Consumer loan"),
                            ("SME", "Business loan"),
                            ("CARD_REPAYMENT", "Credit-card repayment loan"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                (
                    "name",
                    models.JSONField(
                        help_text="One name for each language: zh-Hans, zh-Hant, en.", verbose_name="name"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="offered")),
            ],
            options={
                "verbose_name": "product",
                "verbose_name_plural": "products",
                "ordering": ["code"],
            },
        ),
        CreateModel(
            name="ProductTerms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="loans.product",
                        verbose_name="product",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("effective_from", models.DateField(verbose_name="effective from")),
                ("terms", models.JSONField(verbose_name="terms")),
                (
                    "status",
                    models.CharField(
                        choices=[("DRAFT", "Draft"), ("SUBMITTED", "Waiting for approval"), ("PUBLISHED", "Published")],
                        db_default="PUBLISHED",
                        default="PUBLISHED",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="written at"
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published at")),
                ("request_id", models.BigIntegerField(blank=True, null=True, verbose_name="approval")),
            ],
            options={
                "verbose_name": "product version",
                "verbose_name_plural": "product versions",
                "ordering": ["product", "-version"],
                "permissions": [("write_productterms", "Can write versions of products")],
                "constraints": [
                    models.UniqueConstraint(fields=("product", "version"), name="loans_product_version_once")
                ],
            },
        ),
        CreateModel(
            name="Application",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        default=loans.models.applications.new_application_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="reference",
                    ),
                ),
                (
                    "borrower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="users.borrower",
                        verbose_name="applicant",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="users.partner",
                        verbose_name="partner",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="loans.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Being filled in"),
                            ("SUBMITTED", "Being checked"),
                            ("REFERRED", "With a member of our team"),
                            ("OFFERED", "Offer waiting for you"),
                            ("ACCEPTED", "Contract to read and sign"),
                            ("SIGNED", "Signed, payout under way"),
                            ("PAID_OUT", "Paid out"),
                            ("REFUSED", "No loan"),
                            ("WITHDRAWN", "Withdrawn"),
                            ("EXPIRED", "Lapsed"),
                        ],
                        default="DRAFT",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("currency", models.CharField(default="CNY", max_length=3, verbose_name="currency")),
                ("amount_minor", models.BigIntegerField(blank=True, null=True, verbose_name="amount asked for")),
                ("months", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="months asked for")),
                (
                    "purpose",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("EDUCATION", "Education or training"),
                            ("HEALTH", "Health"),
                            ("HOME", "Home and renovation"),
                            ("APPLIANCE", "Appliances and electronics"),
                            ("TRAVEL", "Travel"),
                            ("WEDDING", "Wedding"),
                            ("VEHICLE", "Vehicle"),
                            ("STOCK", "Stock and supplies"),
                            ("EQUIPMENT", "Equipment"),
                            ("WORKING_CAPITAL", "Working capital"),
                            ("CARD", "Paying off a credit card"),
                            ("OTHER_LOANS", "Paying off other loans"),
                            ("OTHER", "Something else"),
                        ],
                        default="",
                        max_length=16,
                        verbose_name="purpose",
                    ),
                ),
                ("facts", models.JSONField(default=dict, verbose_name="what is stated")),
                ("verified", models.JSONField(default=dict, verbose_name="what is proved")),
                ("steps_done", models.JSONField(default=list, verbose_name="steps done")),
                (
                    "handler",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="handled by",
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="answer promised by")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="begun at"
                    ),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="submitted at")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                ("expires_on", models.DateField(blank=True, null=True, verbose_name="lapses after")),
            ],
            options={
                "verbose_name": "application",
                "verbose_name_plural": "applications",
                "ordering": ["-id"],
                "permissions": [
                    ("review_application", "Can decide on applications"),
                    ("refer_application", "Can hand applications to others"),
                    ("assign_application", "Can hand over what others hold"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "REFERRED")),
                        fields=["due_at", "id"],
                        name="loans_application_queue",
                    ),
                    models.Index(
                        condition=models.Q(("status", "SUBMITTED")),
                        fields=["submitted_at"],
                        name="loans_application_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["DRAFT", "OFFERED", "ACCEPTED"])),
                        fields=["expires_on"],
                        name="loans_application_lapsing",
                    ),
                    models.Index(
                        condition=models.Q(("decided_at__isnull", False)),
                        fields=["-decided_at", "-id"],
                        name="loans_application_decided",
                    ),
                    models.Index(
                        condition=models.Q(("partner__isnull", False)),
                        fields=["partner", "-id"],
                        name="loans_application_partner",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("status__in", ["DRAFT", "SUBMITTED", "REFERRED", "OFFERED", "ACCEPTED", "SIGNED"])
                        ),
                        fields=("borrower", "product"),
                        name="loans_application_open_once",
                    )
                ],
            },
        ),
        CreateModel(
            name="ApplicationEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("STARTED", "Application begun"),
                            ("SUBMITTED", "Application submitted"),
                            ("CHECKED", "Credit report read"),
                            ("REFERRED", "Passed to a member of our team"),
                            ("OFFERED", "Offers made"),
                            ("REFUSED", "No loan for now"),
                            ("REVIEW_ASKED", "Review by a person asked for"),
                            ("CHOSEN", "Offer chosen"),
                            ("RECONSIDERED", "Back to the offers"),
                            ("GUARANTEED", "A guarantor has agreed"),
                            ("NOT_GUARANTEED", "A guarantor has declined"),
                            ("SIGNED", "Contract signed"),
                            ("PAID_OUT", "Money paid out"),
                            ("PAYOUT_FAILED", "Payout did not arrive"),
                            ("TRANCHE_HELD", "Payout waits"),
                            ("TRANCHE_RELEASED", "Payout goes on"),
                            ("TRANCHE_ENDED", "Ended without a debt"),
                            ("WITHDRAWN", "Withdrawn"),
                            ("EXPIRED", "Lapsed"),
                            ("DOCUMENT_ADDED", "Document added"),
                            ("DOCUMENT_REMOVED", "Document removed"),
                            ("DOCUMENT_REFUSED", "Document refused"),
                            ("FACT_VERIFIED", "Figure checked"),
                            ("IDENTITY_CHECKED", "Identity compared with the card"),
                            ("CLAIMED", "Taken up"),
                            ("HANDED_OVER", "Handed to a colleague"),
                            ("NOTE", "Note"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                ("actor", models.TextField(verbose_name="actor")),
                ("is_internal", models.BooleanField(db_default=False, default=False, verbose_name="internal")),
                ("data", models.JSONField(default=dict, verbose_name="details")),
            ],
            options={
                "verbose_name": "event of an application",
                "verbose_name_plural": "events of applications",
                "ordering": ["id"],
            },
        ),
        CreateModel(
            name="ApplicationDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("IDENTITY", "Identity card"),
                            ("INCOME", "Proof of income"),
                            ("BANK_STATEMENT", "Bank statement"),
                            ("CARD_STATEMENT", "Card statement"),
                            ("BUSINESS_LICENSE", "Business license"),
                            ("TAX", "Tax return"),
                            ("OTHER", "Something else"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="file name")),
                ("content_type", models.CharField(max_length=60, verbose_name="content type")),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("stored_as", models.CharField(max_length=120, unique=True, verbose_name="name in the storage")),
                (
                    "scan",
                    models.CharField(
                        choices=[("WAITING", "Being checked"), ("CLEAN", "Checked"), ("REFUSED", "Refused")],
                        default="WAITING",
                        max_length=8,
                        verbose_name="scan",
                    ),
                ),
                ("scanned_at", models.DateTimeField(blank=True, null=True, verbose_name="scanned at")),
                (
                    "refused_because",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=16, verbose_name="reason of refusal"
                    ),
                ),
                ("added_at", models.DateTimeField(verbose_name="added at")),
                ("added_by", models.TextField(verbose_name="added by")),
                ("removed_at", models.DateTimeField(blank=True, null=True, verbose_name="removed at")),
                ("erased_at", models.DateTimeField(blank=True, null=True, verbose_name="content deleted at")),
            ],
            options={
                "verbose_name": "document of an application",
                "verbose_name_plural": "documents of applications",
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("scan", "WAITING")), fields=["added_at"], name="loans_document_unscanned"
                    ),
                    models.Index(
                        condition=models.Q(
                            ("erased_at", None),
                            models.Q(("removed_at__isnull", False), ("scan", "REFUSED"), _connector="OR"),
                        ),
                        fields=["id"],
                        name="loans_document_to_erase",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)),
                        fields=("application", "sha256"),
                        name="loans_application_document_once",
                    )
                ],
            },
        ),
        CreateModel(
            name="Loan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=60, unique=True, verbose_name="loan number")),
                (
                    "borrower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="loans",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="loans",
                        to="users.partner",
                        verbose_name="partner",
                    ),
                ),
                (
                    "product_terms",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="loans",
                        to="loans.productterms",
                        verbose_name="product version",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("APPROVED", "Waiting for payout"),
                            ("ACTIVE", "Running"),
                            ("SETTLED", "Settled"),
                            ("CHARGED_OFF", "Charged off"),
                            ("WRITTEN_OFF", "Written off"),
                            ("SOLD", "Sold"),
                            ("CANCELLED", "Cancelled before the payout"),
                        ],
                        default="APPROVED",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                ("currency", models.CharField(default="CNY", max_length=3, verbose_name="currency")),
                ("principal_minor", models.BigIntegerField(verbose_name="principal")),
                ("annual_rate", models.DecimalField(decimal_places=6, max_digits=9, verbose_name="annual rate")),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("equal_installment", "equal_installment"),
                            ("equal_principal", "equal_principal"),
                            ("interest_only", "interest_only"),
                            ("bullet", "bullet"),
                            ("flat", "flat"),
                            ("step", "step"),
                            ("seasonal", "seasonal"),
                            ("card_plan", "card_plan"),
                            ("custom", "custom"),
                        ],
                        max_length=20,
                        verbose_name="method",
                    ),
                ),
                ("installment_count", models.PositiveIntegerField(verbose_name="installments")),
                (
                    "starts_on",
                    models.DateField(
                        help_text="Day of payout, or of takeover from another lender.", verbose_name="starts on"
                    ),
                ),
                (
                    "lent_on",
                    models.DateField(
                        blank=True,
                        help_text="By the lender from whom the loan was taken over.",
                        null=True,
                        verbose_name="lent on",
                    ),
                ),
                ("first_due_on", models.DateField(blank=True, null=True, verbose_name="first due date")),
                ("due_day", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="due day")),
                (
                    "interest_basis",
                    models.CharField(
                        choices=[("scheduled", "As scheduled"), ("daily", "Daily")],
                        default="scheduled",
                        max_length=10,
                        verbose_name="interest basis",
                    ),
                ),
                (
                    "interest_year_days",
                    models.PositiveSmallIntegerField(default=365, verbose_name="days of the interest year"),
                ),
                ("waterfall", models.JSONField(verbose_name="order of allocation")),
                ("tolerance_bps", models.PositiveIntegerField(default=0, verbose_name="overlooked shortfall (bps)")),
                (
                    "penalty_annual_rate",
                    models.DecimalField(decimal_places=6, default=0, max_digits=9, verbose_name="annual penalty rate"),
                ),
                (
                    "penalty_base",
                    models.CharField(
                        choices=[
                            ("principal", "Overdue principal"),
                            ("principal_and_interest", "Overdue principal and interest"),
                        ],
                        default="principal",
                        max_length=24,
                        verbose_name="penalty base",
                    ),
                ),
                (
                    "penalty_year_days",
                    models.PositiveSmallIntegerField(default=360, verbose_name="days of the penalty year"),
                ),
                (
                    "penalty_grace_days",
                    models.PositiveSmallIntegerField(default=0, verbose_name="days without penalty"),
                ),
                (
                    "penalty_cap_rate",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Yearly rate that penalty, late fees and interest that runs on may cost together.",
                        max_digits=9,
                        null=True,
                        verbose_name="cap of everything on overdue principal",
                    ),
                ),
                (
                    "non_accrual_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        verbose_name="days past due after which interest is no longer accrued as income",
                    ),
                ),
                (
                    "disclosed_fees",
                    models.JSONField(
                        db_default=models.Value([], output_field=models.JSONField()),
                        default=list,
                        help_text="All that may be charged beside interest and penalty interest.",
                        verbose_name="disclosed fees",
                    ),
                ),
                (
                    "interest_only_months",
                    models.JSONField(
                        blank=True,
                        help_text="Of a plan that follows a season, otherwise than the product says.",
                        null=True,
                        verbose_name="months without principal",
                    ),
                ),
                ("source", models.CharField(blank=True, default="", max_length=40, verbose_name="source")),
                (
                    "external_id",
                    models.CharField(blank=True, default="", max_length=80, verbose_name="number at the source"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
            ],
            options={
                "verbose_name": "loan",
                "verbose_name_plural": "loans",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("partner__isnull", False)),
                        fields=["partner", "-id"],
                        name="loans_loan_by_partner",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("source", ""), _negated=True),
                        fields=("source", "external_id"),
                        name="loans_loan_once_per_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("principal_minor__gt", 0)), name="loans_loan_principal_is_positive"
                    ),
                ],
            },
        ),
        CreateModel(
            name="CreditReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_reports",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                ("request_id", models.UUIDField(unique=True, verbose_name="enquiry")),
                ("bureau", models.CharField(max_length=24, verbose_name="bureau")),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered at")),
                (
                    "reference",
                    models.CharField(blank=True, default="", max_length=80, verbose_name="bureau's reference"),
                ),
                ("content", models.JSONField(blank=True, null=True, verbose_name="content")),
                ("failure", models.CharField(blank=True, default="", max_length=60, verbose_name="why there is none")),
            ],
            options={
                "verbose_name": "credit report",
                "verbose_name_plural": "credit reports",
                "ordering": ["-id"],
            },
        ),
        CreateModel(
            name="CreditReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loans.creditreport",
                        verbose_name="credit report",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("APPROVE", "Offers can be made"),
                            ("REFER", "A person decides"),
                            ("REFUSE", "No loan"),
                        ],
                        max_length=8,
                        verbose_name="outcome",
                    ),
                ),
                ("facts", models.JSONField(verbose_name="facts")),
                ("findings", models.JSONField(verbose_name="findings")),
                ("scorecard", models.CharField(blank=True, default="", max_length=60, verbose_name="scorecard")),
                ("score", models.IntegerField(blank=True, null=True, verbose_name="score")),
                ("shortfalls", models.JSONField(default=list, verbose_name="what cost points")),
                ("challenger", models.JSONField(blank=True, null=True, verbose_name="challenger")),
                ("price", models.JSONField(blank=True, null=True, verbose_name="price")),
                ("answer", models.JSONField(default=dict, verbose_name="answer")),
                ("rules_on", models.DateField(verbose_name="rules of")),
                ("decided_at", models.DateTimeField(verbose_name="decided at")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Empty: by rules alone.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                ("note", models.TextField(blank=True, default="", verbose_name="note")),
            ],
            options={
                "verbose_name": "credit review",
                "verbose_name_plural": "credit reviews",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["decided_at"], name="loans_review_by_day")],
            },
        ),
        CreateModel(
            name="ReviewRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_requests",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="loans.creditreview",
                        verbose_name="decision",
                    ),
                ),
                ("words", models.TextField(blank=True, default="", verbose_name="what the applicant says")),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("due_on", models.DateField(verbose_name="answer promised by")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CHANGED", "Decided otherwise"),
                            ("CONFIRMED", "Confirmed"),
                            ("WITHDRAWN", "Withdrawn"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "answer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loans.creditreview",
                        verbose_name="answer",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="recorded at"
                    ),
                ),
            ],
            options={
                "verbose_name": "request for a person's review",
                "verbose_name_plural": "requests for a person's review",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "")),
                        fields=("application",),
                        name="loans_review_request_open_once",
                    )
                ],
            },
        ),
        CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "review",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="loans.creditreview",
                        verbose_name="decision",
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                ("reason", models.CharField(max_length=40, verbose_name="why")),
                ("principal_minor", models.BigIntegerField(verbose_name="amount")),
                ("installment_count", models.PositiveSmallIntegerField(verbose_name="installments")),
                ("annual_rate", models.DecimalField(decimal_places=6, max_digits=9, verbose_name="annual rate")),
                ("terms", models.JSONField(default=dict, verbose_name="terms")),
                ("figures", models.JSONField(verbose_name="figures")),
                ("sheet", models.JSONField(blank=True, null=True, verbose_name="cost sheet")),
                (
                    "sheet_digest",
                    models.CharField(blank=True, default="", max_length=64, verbose_name="digest of the cost sheet"),
                ),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("expires_on", models.DateField(verbose_name="lapses after")),
                ("chosen_at", models.DateTimeField(blank=True, null=True, verbose_name="chosen at")),
            ],
            options={
                "verbose_name": "offer",
                "verbose_name_plural": "offers",
                "ordering": ["application", "-review", "position"],
                "constraints": [
                    models.UniqueConstraint(fields=("review", "position"), name="loans_offer_position_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("chosen_at__isnull", False)),
                        fields=("application",),
                        name="loans_offer_chosen_once",
                    ),
                ],
            },
        ),
        CreateModel(
            name="Disclosure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures",
                        to="loans.offer",
                        verbose_name="offer",
                    ),
                ),
                ("figures_digest", models.CharField(max_length=64, verbose_name="digest of the figures")),
                ("sheet_digest", models.CharField(max_length=64, verbose_name="digest of the cost sheet")),
                ("opened_at", models.DateTimeField(verbose_name="opened at")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="confirmed at")),
                ("tries", models.JSONField(default=list, verbose_name="answers")),
                ("passed_at", models.DateTimeField(blank=True, null=True, verbose_name="understood at")),
            ],
            options={
                "verbose_name": "reading of a cost sheet",
                "verbose_name_plural": "readings of cost sheets",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("offer", "figures_digest"), name="loans_disclosure_once_per_figures"
                    )
                ],
            },
        ),
        CreateModel(
            name="SigningCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("salt", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("code_hash", models.CharField(editable=False, max_length=64)),
                ("sealed_code", dashu.users.sealing.SealedText(null=True)),
                ("phone_shown", models.CharField(max_length=32, verbose_name="sent to")),
                ("made_at", models.DateTimeField(verbose_name="asked for at")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("expires_at", models.DateTimeField(verbose_name="holds until")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="signed with at")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signing_codes",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                ("sheet_digest", models.CharField(max_length=64, verbose_name="digest of the cost sheet")),
                ("bank", models.CharField(blank=True, default="", max_length=60, verbose_name="bank")),
                ("account_number", dashu.users.sealing.SealedText(null=True, verbose_name="account to pay out to")),
            ],
            options={
                "verbose_name": "signing code",
                "verbose_name_plural": "signing codes",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("sealed_code__isnull", False)),
                        fields=["expires_at"],
                        name="loans_code_to_forget",
                    )
                ],
            },
        ),
        CreateModel(
            name="LoanContract",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contract",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loans.offer",
                        verbose_name="offer",
                    ),
                ),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="contract number")),
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
                ("facts", dashu.users.sealing.SealedJSON(verbose_name="facts")),
                ("facts_digest", models.CharField(max_length=64, verbose_name="digest of the facts")),
                ("pdf", dashu.users.sealing.SealedBytes(editable=True, verbose_name="paper")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("code", models.CharField(max_length=16, unique=True, verbose_name="code")),
                ("signed_at", models.DateTimeField(verbose_name="signed at")),
                ("evidence", models.JSONField(verbose_name="evidence")),
                ("evidence_digest", models.CharField(max_length=64, verbose_name="digest of the evidence")),
                ("bank", models.CharField(blank=True, default="", max_length=60, verbose_name="bank")),
                ("account_number", dashu.users.sealing.SealedText(null=True, verbose_name="account to pay out to")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="withdrawn at")),
            ],
            options={
                "verbose_name": "signed contract",
                "verbose_name_plural": "signed contracts",
                "ordering": ["-id"],
            },
        ),
        CreateModel(
            name="Tranche",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("number", models.PositiveSmallIntegerField(verbose_name="part")),
                ("agreed_on", models.DateField(verbose_name="agreed day")),
                ("cooling_off_until", models.DateField(blank=True, null=True, verbose_name="can be given back until")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended without a debt at")),
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
        CreateModel(
            name="Covenant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "contract",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="covenants",
                        to="loans.loancontract",
                        verbose_name="contract",
                    ),
                ),
                ("code", models.CharField(max_length=40, verbose_name="code")),
                ("words", models.JSONField(verbose_name="promise")),
                ("due_on", models.DateField(verbose_name="due date")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OPEN", "To be kept"),
                            ("MET", "Kept"),
                            ("MISSED", "Not kept in time"),
                            ("WAIVED", "Not asked for"),
                        ],
                        default="OPEN",
                        max_length=6,
                        verbose_name="status",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("decided_by", models.TextField(blank=True, default="", verbose_name="decided by")),
                ("note", models.TextField(blank=True, default="", verbose_name="note")),
            ],
            options={
                "verbose_name": "covenant",
                "verbose_name_plural": "covenants",
                "ordering": ["due_on", "id"],
                "permissions": [("decide_covenant", "Can record whether covenants were kept")],
                "indexes": [
                    models.Index(condition=models.Q(("status", "OPEN")), fields=["due_on"], name="loans_covenant_open")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("contract", "code", "due_on"), name="loans_covenant_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["OPEN", "MISSED"]),
                            models.Q(("decided_at__isnull", False), models.Q(("note", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="loans_covenant_decided_with_a_note",
                    ),
                ],
            },
        ),
        CreateModel(
            name="Business",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="business",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name of the business")),
                (
                    "credit_code",
                    models.CharField(db_index=True, max_length=18, verbose_name="unified social credit code"),
                ),
            ],
            options={
                "verbose_name": "business",
                "verbose_name_plural": "businesses",
            },
        ),
        CreateModel(
            name="Guarantor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="guarantors",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                ("name", dashu.users.sealing.SealedText(verbose_name="legal name")),
                ("number", dashu.users.sealing.SealedText(verbose_name="number")),
                ("number_index", models.CharField(db_index=True, editable=False, max_length=64)),
                ("phone", dashu.users.sealing.SealedText(null=True, verbose_name="phone")),
                ("share_bps", models.PositiveIntegerField(verbose_name="share (bps)")),
            ],
            options={
                "verbose_name": "guarantor",
                "verbose_name_plural": "guarantors",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("application", "number_index"), name="loans_guarantor_once"),
                    models.CheckConstraint(
                        condition=models.Q(("share_bps__gt", 0), ("share_bps__lte", 10000)),
                        name="loans_guarantor_share_is_a_share",
                    ),
                ],
            },
        ),
        CreateModel(
            name="CardToPay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="card",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "issuer_code",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=12, verbose_name="issuer's code"
                    ),
                ),
                ("issuer", models.CharField(max_length=60, verbose_name="issuer")),
                ("number", dashu.users.sealing.SealedText(verbose_name="card number")),
                ("number_index", models.CharField(db_index=True, editable=False, max_length=64)),
            ],
            options={
                "verbose_name": "card to pay off",
                "verbose_name_plural": "cards to pay off",
            },
        ),
        CreateModel(
            name="GuarantorLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "guarantor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="loans.guarantor",
                        verbose_name="guarantor",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loans.offer",
                        verbose_name="offer",
                    ),
                ),
                ("figures_digest", models.CharField(max_length=64, verbose_name="digest of the figures")),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("sealed_token", dashu.users.sealing.SealedText(null=True)),
                ("phone_shown", models.CharField(max_length=32, verbose_name="sent to")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("expires_at", models.DateTimeField(verbose_name="holds until")),
                ("wrong_tries", models.PositiveSmallIntegerField(default=0, verbose_name="wrong tries")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="confirmed at")),
                ("confirmation_hash", models.CharField(blank=True, default="", editable=False, max_length=64)),
            ],
            options={
                "verbose_name": "link of a guarantor",
                "verbose_name_plural": "links of guarantors",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("sealed_token__isnull", False)),
                        fields=["expires_at"],
                        name="loans_guarantor_link_to_send",
                    )
                ],
            },
        ),
        CreateModel(
            name="GuarantorCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("salt", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("code_hash", models.CharField(editable=False, max_length=64)),
                ("sealed_code", dashu.users.sealing.SealedText(null=True)),
                ("phone_shown", models.CharField(max_length=32, verbose_name="sent to")),
                ("made_at", models.DateTimeField(verbose_name="asked for at")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("expires_at", models.DateTimeField(verbose_name="holds until")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="signed with at")),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="loans.guarantorlink",
                        verbose_name="link of a guarantor",
                    ),
                ),
            ],
            options={
                "verbose_name": "signing code of a guarantor",
                "verbose_name_plural": "signing codes of guarantors",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("sealed_code__isnull", False)),
                        fields=["expires_at"],
                        name="loans_guarantor_code_to_send",
                    )
                ],
            },
        ),
        CreateModel(
            name="GuaranteeAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "guarantor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="loans.guarantor",
                        verbose_name="guarantor",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loans.offer",
                        verbose_name="offer",
                    ),
                ),
                ("figures_digest", models.CharField(max_length=64, verbose_name="digest of the figures")),
                ("sheet_digest", models.CharField(max_length=64, verbose_name="digest of the cost sheet")),
                (
                    "kind",
                    models.CharField(
                        choices=[("SIGNED", "Agreed and signed"), ("DECLINED", "Declined")],
                        max_length=8,
                        verbose_name="answer",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
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
                ("evidence", models.JSONField(verbose_name="evidence")),
                ("evidence_digest", models.CharField(max_length=64, verbose_name="digest of the evidence")),
            ],
            options={
                "verbose_name": "answer of a guarantor",
                "verbose_name_plural": "answers of guarantors",
                "ordering": ["-id"],
            },
        ),
        CreateModel(
            name="SignatureLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "return_url",
                    models.URLField(blank=True, db_default="", default="", max_length=500, verbose_name="goes on at"),
                ),
                ("phone_shown", models.CharField(max_length=32, verbose_name="bound to the phone")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("expires_at", models.DateTimeField(verbose_name="holds until")),
                ("opened_at", models.DateTimeField(blank=True, null=True, verbose_name="opened at")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="confirmed at")),
                (
                    "confirmation_hash",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signature_links",
                        to="loans.application",
                        verbose_name="application",
                    ),
                ),
                ("declined_at", models.DateTimeField(blank=True, null=True, verbose_name="declined at")),
            ],
            options={
                "verbose_name": "signature link",
                "verbose_name_plural": "signature links",
                "ordering": ["-id"],
            },
        ),
        CreateModel(
            name="SignatureAccessCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("salt", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("code_hash", models.CharField(editable=False, max_length=64)),
                ("sealed_code", dashu.users.sealing.SealedText(null=True)),
                ("phone_shown", models.CharField(max_length=32, verbose_name="sent to")),
                ("made_at", models.DateTimeField(verbose_name="asked for at")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("expires_at", models.DateTimeField(verbose_name="holds until")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="signed with at")),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="loans.signaturelink",
                        verbose_name="signature link",
                    ),
                ),
            ],
            options={
                "verbose_name": "code of a signature link",
                "verbose_name_plural": "codes of signature links",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("sealed_code__isnull", False)),
                        fields=["expires_at"],
                        name="loans_access_code_to_forget",
                    )
                ],
            },
        ),
        CreateModel(
            name="ScorecardWatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scorecard", models.CharField(max_length=60, verbose_name="scorecard")),
                (
                    "use",
                    models.CharField(
                        choices=[("APPLICATIONS", "Applications"), ("BEHAVIOR", "Running loans")],
                        db_default="APPLICATIONS",
                        default="APPLICATIONS",
                        max_length=12,
                        verbose_name="used for",
                    ),
                ),
                ("is_champion", models.BooleanField(db_default=False, default=False, verbose_name="champion")),
                ("night", models.DateField(verbose_name="night")),
                ("from_on", models.DateField(verbose_name="from")),
                ("applications", models.PositiveIntegerField(db_default=0, default=0, verbose_name="applications")),
                (
                    "drift",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()), default=list, verbose_name="drift"
                    ),
                ),
                (
                    "fairness",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="fairness"
                    ),
                ),
                ("comparison", models.JSONField(blank=True, null=True, verbose_name="champion and challenger")),
                (
                    "watched_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="watched at"
                    ),
                ),
            ],
            options={
                "verbose_name": "watch over a scorecard",
                "verbose_name_plural": "watch over the scorecards",
                "ordering": ["-night", "scorecard"],
                "constraints": [
                    models.UniqueConstraint(fields=("scorecard", "night"), name="loans_watch_once_a_night")
                ],
            },
        ),
    ]

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("users", "__first__"),
    ]

    operations = [
        CreateModel(
            name="ApprovalRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                ("subject_type", models.CharField(max_length=40, verbose_name="subject")),
                ("subject_id", models.CharField(max_length=80, verbose_name="subject id")),
                ("loan_id", models.BigIntegerField(blank=True, null=True, verbose_name="loan")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("payload", models.JSONField(verbose_name="arguments")),
                ("preview", models.JSONField(default=list, verbose_name="preview")),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                ("reason", models.TextField(verbose_name="reason")),
                ("is_alone", models.BooleanField(default=False, verbose_name="within own authority")),
                ("idempotency_key", models.CharField(max_length=120, unique=True, verbose_name="key")),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
                (
                    "requested_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="asked at"
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Waiting for approval"),
                            ("APPROVED", "Approved and done"),
                            ("DECLINED", "Declined"),
                            ("WITHDRAWN", "Withdrawn"),
                            ("EXPIRED", "Expired"),
                            ("FAILED", "Approved, but no longer possible"),
                        ],
                        default="PENDING",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "checker",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "on_behalf_of",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="on behalf of",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("decision_note", models.TextField(blank=True, default="", verbose_name="note")),
                ("result", models.JSONField(default=dict, verbose_name="result")),
            ],
            options={
                "verbose_name": "approval",
                "verbose_name_plural": "approvals",
                "ordering": ["-pk"],
                "permissions": [("view_all_approvalrequest", "Can view the approvals of everyone")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "PENDING")), fields=["expires_at"], name="approvals_pending"
                    ),
                    models.Index(fields=["loan_id"], name="approvals_by_loan"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gte", 0)), name="approvals_amount_is_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checker", None), models.Q(("checker", models.F("maker")), _negated=True), _connector="OR"
                        ),
                        name="approvals_maker_is_not_checker",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("on_behalf_of", None),
                            models.Q(
                                ("checker__isnull", False), models.Q(("on_behalf_of", models.F("maker")), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="approvals_maker_is_not_who_lent_authority",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("checker", None), ("decided_at", None), ("status", "PENDING")),
                            models.Q(
                                ("checker", None),
                                ("decided_at__isnull", False),
                                ("is_alone", True),
                                ("status", "APPROVED"),
                            ),
                            models.Q(
                                ("checker__isnull", False),
                                ("decided_at__isnull", False),
                                ("is_alone", False),
                                ("status__in", ["APPROVED", "DECLINED", "FAILED"]),
                            ),
                            models.Q(
                                ("checker", None),
                                ("decided_at__isnull", False),
                                ("status__in", ["WITHDRAWN", "EXPIRED"]),
                            ),
                            _connector="OR",
                        ),
                        name="approvals_decision_fits_status",
                    ),
                ],
            },
        ),
        CreateModel(
            name="Delegation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "from_user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="authority of",
                    ),
                ),
                (
                    "to_user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="lent to",
                    ),
                ),
                ("from_on", models.DateField(verbose_name="from")),
                ("to_on", models.DateField(help_text="The last day, included.", verbose_name="to")),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="entered by",
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="entered at"
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "delegation",
                "verbose_name_plural": "delegations",
                "ordering": ["-pk"],
                "permissions": [
                    ("give_delegation", "Can lend own authority"),
                    ("give_any_delegation", "Can lend the authority of others"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("from_user", models.F("to_user")), _negated=True),
                        name="approvals_delegation_is_to_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("to_on__gte", models.F("from_on"))),
                        name="approvals_delegation_ends_after_it_starts",
                    ),
                ],
            },
        ),
    ]

import uuid

import django.db.models.deletion
from django.db import migrations, models

from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("users", "0001_initial"),
    ]

    operations = [
        CreateModel(
            name="DataExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="token")),
                (
                    "borrower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.borrower",
                        verbose_name="borrower",
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
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Being prepared"),
                            ("BUILDING", "Being put together"),
                            ("READY", "Ready"),
                            ("FAILED", "Could not be made"),
                            ("DELETED", "Deleted"),
                        ],
                        default="PENDING",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked for at")),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="claimed at")),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="attempts")),
                ("ready_at", models.DateTimeField(blank=True, null=True, verbose_name="ready at")),
                ("size", models.BigIntegerField(blank=True, null=True, verbose_name="bytes")),
                ("delete_after", models.DateTimeField(blank=True, null=True, verbose_name="deleted after")),
                ("fetched_at", models.DateTimeField(blank=True, null=True, verbose_name="last fetched at")),
            ],
            options={
                "verbose_name": "copy of own data",
                "verbose_name_plural": "copies of own data",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "READY")),
                        fields=["delete_after"],
                        name="privacy_export_to_delete",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["PENDING", "BUILDING"])),
                        fields=("borrower",),
                        name="privacy_export_one_at_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "READY"), _negated=True),
                            models.Q(
                                ("delete_after__isnull", False), ("ready_at__isnull", False), ("size__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="privacy_export_ready_is_there",
                    ),
                ],
            },
        ),
        CreateModel(
            name="AccountClosure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("ASKED", "Can still be taken back"), ("UNDONE", "Taken back"), ("CLOSED", "Closed")],
                        default="ASKED",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked for at")),
                ("undo_until", models.DateTimeField(verbose_name="can be taken back until")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                ("kept", models.JSONField(default=list, verbose_name="what is kept")),
                ("erase_next_on", models.DateField(blank=True, null=True, verbose_name="next to be deleted after")),
            ],
            options={
                "verbose_name": "closed account",
                "verbose_name_plural": "closed accounts",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "ASKED")), fields=["undo_until"], name="privacy_closure_to_finish"
                    ),
                    models.Index(
                        condition=models.Q(("erase_next_on__isnull", False)),
                        fields=["erase_next_on"],
                        name="privacy_closure_to_erase",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "UNDONE"), _negated=True),
                        fields=("borrower",),
                        name="privacy_closure_one_at_once",
                    )
                ],
            },
        ),
    ]

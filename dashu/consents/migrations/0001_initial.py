import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("users", "0001_initial"),
    ]

    operations = [
        CreateModel(
            name="ConsentText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("PERSONAL_DATA", "Use of your data for this application"),
                            ("CREDIT_REPORT", "Reading your credit report"),
                            ("AUTOMATED_DECISION", "A first decision by computer"),
                            ("GUARANTOR_DATA", "Use of your data for this guarantee"),
                            ("GUARANTEE", "Answering for a share of this loan"),
                            ("CASH_FLOW_WATCH", "Early help: seeing your income or sales"),
                            ("CREDIT_WATCH", "Early help: reading your credit report while a loan runs"),
                            ("RELIEF_BY_PARTNER", "Asking for easier payments through a partner"),
                        ],
                        max_length=24,
                        verbose_name="purpose",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("title", models.JSONField(verbose_name="title")),
                ("text", models.JSONField(verbose_name="text")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
                (
                    "loaded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="in use since",
                    ),
                ),
            ],
            options={
                "verbose_name": "text of consent",
                "verbose_name_plural": "texts of consent",
                "ordering": ["purpose", "-version"],
                "constraints": [models.UniqueConstraint(fields=("purpose", "version"), name="consents_text_once")],
            },
        ),
        CreateModel(
            name="ConsentEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "person",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=40, verbose_name="another person"
                    ),
                ),
                (
                    "text",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="consents.consenttext",
                        verbose_name="text",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("GIVEN", "Given"), ("WITHDRAWN", "Withdrawn")], max_length=10, verbose_name="kind"
                    ),
                ),
                ("about", models.CharField(blank=True, default="", max_length=40, verbose_name="about")),
                ("language", models.CharField(blank=True, default="", max_length=10, verbose_name="language")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("actor", models.TextField(verbose_name="recorded by")),
            ],
            options={
                "verbose_name": "consent",
                "verbose_name_plural": "consents",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["borrower", "about", "-id"], name="consents_entry_of_person"),
                    models.Index(
                        condition=models.Q(("person", ""), _negated=True),
                        fields=["person", "about", "-id"],
                        name="consents_entry_of_other",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("borrower__isnull", False), ("person", "")),
                            models.Q(("borrower", None), models.Q(("person", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="consents_entry_is_of_one",
                    )
                ],
            },
        ),
    ]

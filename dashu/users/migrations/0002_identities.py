import django.db.models.deletion
from django.db import migrations, models

import dashu.users.sealing


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("CN_ID", "Resident ID number"), ("USCC", "Unified social credit code")],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("name", dashu.users.sealing.SealedText(verbose_name="legal name")),
                ("number", dashu.users.sealing.SealedText(verbose_name="number")),
                ("number_index", models.CharField(editable=False, max_length=64)),
                ("phone", dashu.users.sealing.SealedText(verbose_name="phone")),
                ("phone_index", models.CharField(editable=False, max_length=64)),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified at")),
                ("verified_by", models.TextField(blank=True, db_default="", default="", verbose_name="verified by")),
                (
                    "borrower",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identity",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
            ],
            options={
                "verbose_name": "identity of a borrower",
                "verbose_name_plural": "identities of borrowers",
                "indexes": [
                    models.Index(fields=["number_index"], name="users_identity_number"),
                    models.Index(fields=["phone_index"], name="users_identity_phone"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verified_at", None), ("verified_by", "")),
                            models.Q(("verified_at__isnull", False), models.Q(("verified_by", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="users_identity_verified_by_someone",
                    )
                ],
            },
        ),
    ]

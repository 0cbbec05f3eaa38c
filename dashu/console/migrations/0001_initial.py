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
            name="ChangeMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.partner",
                        verbose_name="partner",
                    ),
                ),
                ("what", models.CharField(max_length=40, verbose_name="what")),
                ("name", models.CharField(max_length=500, verbose_name="name")),
                ("happened_at", models.DateTimeField(verbose_name="happened at")),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="claimed at")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done at")),
            ],
            options={
                "verbose_name": "mail on a change of keys",
                "verbose_name_plural": "mails on changes of keys",
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None)), fields=["happened_at"], name="console_mail_owed"
                    )
                ],
            },
        ),
    ]

import django.db.models.functions.datetime
from django.db import migrations, models

from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=60, verbose_name="kind")),
                ("subject", models.CharField(blank=True, max_length=100, verbose_name="subject")),
                (
                    "params",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="values"
                    ),
                ),
                (
                    "first_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="noticed first",
                    ),
                ),
                (
                    "last_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="noticed last",
                    ),
                ),
                ("times", models.PositiveIntegerField(db_default=1, default=1, verbose_name="times")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="over since")),
            ],
            options={
                "verbose_name": "alert",
                "verbose_name_plural": "alerts",
                "ordering": [models.OrderBy(models.F("ended_at"), descending=True, nulls_first=True), "-last_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("kind", "subject"),
                        name="alerts_one_open_of_a_kind",
                    )
                ],
            },
        ),
    ]

from django.db import migrations, models

from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        CreateModel(
            name="PolicyRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pack", models.CharField(max_length=20, verbose_name="pack")),
                ("code", models.CharField(max_length=80, verbose_name="code")),
                ("effective_from", models.DateField(verbose_name="effective from")),
                (
                    "effective_to",
                    models.DateField(
                        blank=True, help_text="The last day, included.", null=True, verbose_name="effective to"
                    ),
                ),
                ("value", models.JSONField(verbose_name="value")),
                ("source", models.TextField(verbose_name="source")),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("V", "Seen in a public source"),
                            ("S", "One secondary source"),
                            ("M", "From memory"),
                            ("P", "The lender's own policy"),
                        ],
                        max_length=1,
                        verbose_name="confidence",
                    ),
                ),
            ],
            options={
                "verbose_name": "policy rule",
                "verbose_name_plural": "policy rules",
                "constraints": [
                    models.UniqueConstraint(fields=("pack", "code", "effective_from"), name="policy_rule_starts_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_to", None), ("effective_to__gte", models.F("effective_from")), _connector="OR"
                        ),
                        name="policy_rule_ends_after_it_starts",
                    ),
                ],
            },
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credit_reporting", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CorrectionSearch",
            fields=[
                ("bureau", models.CharField(max_length=12, primary_key=True, serialize=False, verbose_name="bureau")),
                ("looked_until", models.DateTimeField(verbose_name="looked until")),
                (
                    "held_looked_on",
                    models.DateField(blank=True, null=True, verbose_name="held back, looked at on"),
                ),
            ],
            options={
                "verbose_name": "search for corrections",
                "verbose_name_plural": "searches for corrections",
            },
        ),
        migrations.AlterField(
            model_name="recordcorrection",
            name="cause",
            field=models.CharField(
                choices=[
                    ("PAYMENT", "A payment that counts in the past, or one that came back"),
                    ("ACT", "A change of the loan in the past"),
                    ("DISPUTE", "An objection, or what became of it"),
                ],
                max_length=20,
                verbose_name="cause",
            ),
        ),
    ]

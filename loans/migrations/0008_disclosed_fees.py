"""What may be charged on a loan beside interest; loans that run keep what they have, which is no fee at all."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0007_decisions_are_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="loan",
            name="disclosed_fees",
            field=models.JSONField(
                db_default=models.Value([], output_field=models.JSONField()),
                default=list,
                help_text="All that may be charged beside interest and penalty interest.",
                verbose_name="disclosed fees",
            ),
        ),
    ]

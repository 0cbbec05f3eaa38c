"""When a loan that was taken over was lent by the other lender; empty for the others, so no row is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0003_servicing_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="loan",
            name="lent_on",
            field=models.DateField(
                blank=True,
                help_text="By the lender from whom the loan was taken over.",
                null=True,
                verbose_name="lent on",
            ),
        ),
    ]

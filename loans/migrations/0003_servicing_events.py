"""The cap of everything on overdue principal and the bound of accrual, frozen into each contract."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0002_more_methods"),
    ]

    operations = [
        migrations.AddField(
            model_name="loan",
            name="non_accrual_days",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="days past due after which interest is no longer accrued as income"
            ),
        ),
        migrations.AddField(
            model_name="loan",
            name="penalty_cap_rate",
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="Yearly rate that penalty, late fees and interest that runs on may cost together.",
                max_digits=9,
                null=True,
                verbose_name="cap of everything on overdue principal",
            ),
        ),
        migrations.AlterField(
            model_name="loan",
            name="status",
            field=models.CharField(
                choices=[
                    ("APPROVED", "Waiting for payout"),
                    ("ACTIVE", "Running"),
                    ("SETTLED", "Settled"),
                    ("CHARGED_OFF", "Charged off"),
                    ("WRITTEN_OFF", "Written off"),
                    ("SOLD", "Sold"),
                ],
                default="APPROVED",
                max_length=12,
                verbose_name="status",
            ),
        ),
    ]

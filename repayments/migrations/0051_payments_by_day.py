from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("repayments", "0050_acts_of_staff")]

    operations = [
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["received_on", "loan"], name="repayments_payment_by_day"),
        ),
        migrations.AddIndex(
            model_name="autopayattempt",
            index=models.Index(
                condition=models.Q(("status", "FAILED")),
                fields=["scheduled_on", "loan"],
                name="repayments_attempt_failed",
            ),
        ),
    ]

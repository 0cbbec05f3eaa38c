"""The sweep's index, built beside the running system."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("repayments", "0010_payment_channels")]
    operations = [
        AddIndexConcurrently(
            "checkout",
            models.Index(
                condition=models.Q(("status", "STARTED")), fields=["created_at"], name="repayments_checkout_open"
            ),
        )
    ]

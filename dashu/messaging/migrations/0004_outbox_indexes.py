from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the table of a running installation may be large; writing to it goes on meanwhile
    dependencies = [("messaging", "0003_one_reminder_a_day")]

    operations = [
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(
                condition=~models.Q(purpose="SERVICE"), fields=["borrower", "sent_at"], name="outbox_contacts"
            ),
        ),
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(condition=models.Q(status="FAILED"), fields=["id"], name="outbox_dead"),
        ),
    ]

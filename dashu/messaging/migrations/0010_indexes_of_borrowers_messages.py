from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the table of a running installation may be large; writing to it goes on meanwhile
    dependencies = [("messaging", "0009_what_borrowers_read_and_wish")]

    operations = [
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(status="SENT"), fields=["borrower", "-sent_at", "-id"], name="outbox_sent"
            ),
        ),
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(channel="IN_APP", status="SENT", read_at=None),
                fields=["borrower"],
                name="outbox_unread",
            ),
        ),
    ]

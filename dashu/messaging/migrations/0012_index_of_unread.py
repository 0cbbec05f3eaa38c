from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the table of a running installation may be large; writing to it goes on meanwhile
    dependencies = [("messaging", "0011_wants_notices")]

    operations = [
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(channel="IN_APP", status="SENT", read_at=None, purpose="SERVICE"),
                fields=["sent_at"],
                name="outbox_unread_since",
            ),
        ),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False  # the table of a running installation may be large; writing to it goes on meanwhile
    dependencies = [("messaging", "0015_contact_is_guarded")]

    operations = [
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(
                condition=(Q(status="SENDING") | Q(is_uncertain=True)) & ~Q(purpose="SERVICE"),
                fields=["borrower"],
                name="outbox_on_its_way",
            ),
        ),
    ]

"""The positions of the feed come from a sequence of its own: they never start again, whatever is deleted."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE webhooks_position AS bigint", "DROP SEQUENCE webhooks_position"),
    ]

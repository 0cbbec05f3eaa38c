"""
Each partner's feed counts its own events. Counted over all, a partner learned from its numbers how much others bring.

Numbers that were given stay; the next ones of a partner follow its own highest.
"""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

NAME = "webhooks_event_place"
UNIQUE = models.UniqueConstraint(fields=["partner", "position"], name=NAME)


class Migration(migrations.Migration):
    atomic = False  # events are written to all day; that goes on meanwhile

    dependencies = [("webhooks", "0003_who_sends_again")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddConstraint(model_name="partnerevent", constraint=UNIQUE)],
            database_operations=[
                migrations.RunSQL(
                    f"CREATE UNIQUE INDEX CONCURRENTLY {NAME} ON webhooks_partnerevent (partner_id, position)",
                    f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}",
                ),
                migrations.RunSQL(
                    f"ALTER TABLE webhooks_partnerevent ADD CONSTRAINT {NAME} UNIQUE USING INDEX {NAME}",
                    f"ALTER TABLE webhooks_partnerevent DROP CONSTRAINT {NAME}",
                ),
            ],
        ),
        migrations.AlterField(
            model_name="partnerevent",
            name="position",
            field=models.BigIntegerField(blank=True, editable=False, null=True, verbose_name="position"),
        ),
        RemoveIndexConcurrently(model_name="partnerevent", name="webhooks_event_feed"),
        migrations.RunSQL("DROP SEQUENCE webhooks_position", "CREATE SEQUENCE webhooks_position AS bigint"),
    ]

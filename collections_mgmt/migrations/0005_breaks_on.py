import django.contrib.postgres.fields
from django.db import migrations, models

# Of plans broken before, the latest day is all that was kept.
KNOWN = """
UPDATE collections_mgmt_restructuringplan SET breaks_on = ARRAY[broken_on] WHERE broken_on IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("collections_mgmt", "0004_moved_loans"),
    ]

    operations = [
        migrations.AddField(
            model_name="restructuringplan",
            name="breaks_on",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.DateField(),
                db_default=[],
                default=list,
                size=None,
                verbose_name="broken on each of",
            ),
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]

"""What holds did by their kind so far is written into them, as `holds.effects` does for new ones."""

from django.db import migrations

FORWARDS = """
UPDATE collections_mgmt_hold
SET contact = CASE WHEN kind IN ('DECEASED', 'HARDSHIP_REVIEW', 'BREATHING_SPACE') THEN 'PERSON' ELSE 'LOAN' END,
    bars_lending = kind IN ('DECEASED', 'HARDSHIP_REVIEW', 'BREATHING_SPACE', 'FRAUD'),
    mark = CASE kind WHEN 'DISPUTE' THEN 'DISPUTED' WHEN 'FRAUD' THEN 'DISPUTED' WHEN 'DECEASED' THEN 'DECEASED'
                     ELSE '' END
"""


class Migration(migrations.Migration):
    dependencies = [("collections_mgmt", "0008_agreements_holds_and_care")]

    operations = [migrations.RunSQL(FORWARDS, migrations.RunSQL.noop)]

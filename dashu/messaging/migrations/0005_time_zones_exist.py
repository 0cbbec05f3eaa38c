"""A time zone that the database does not know is refused when it is written, not met by the sending of messages."""

from django.db import migrations

ADD = """
ALTER TABLE messaging_contactpreference ADD CONSTRAINT messaging_preference_zone_exists
    CHECK (time_zone = '' OR timezone(time_zone, TIMESTAMPTZ '2000-01-01 00:00:00+00') IS NOT NULL) NOT VALID;
ALTER TABLE messaging_contactpreference VALIDATE CONSTRAINT messaging_preference_zone_exists;
"""
DROP = "ALTER TABLE messaging_contactpreference DROP CONSTRAINT messaging_preference_zone_exists"


class Migration(migrations.Migration):
    dependencies = [("messaging", "0004_outbox_indexes")]

    operations = [migrations.RunSQL(ADD, DROP)]

"""Reminders that wait become the one reminder of their borrower and day, so that those of a deployment's day are kept."""

from django.db import migrations

LINES = """
INSERT INTO messaging_reminderline
    (loan_id, version, number, borrower_id, send_on, due_on, days_after, segment, bucket)
SELECT loan_id, split_part(dedupe_key, ':', 3)::int, split_part(dedupe_key, ':', 4)::int, borrower_id,
       (not_before AT TIME ZONE 'Asia/Shanghai')::date, (params ->> 'due_on')::date,
       split_part(dedupe_key, ':', 5)::int, 'STANDARD', 'CURRENT'
FROM messaging_outboxmessage
WHERE status = 'PENDING' AND dedupe_key LIKE 'reminder:%:%:%:%'
ON CONFLICT DO NOTHING
"""
MESSAGES = """
UPDATE messaging_outboxmessage AS message
SET purpose = 'REMINDER', reminds_on = old.day, params = '{}',
    status = CASE WHEN old.place = 1 THEN message.status ELSE 'CANCELLED' END,
    dedupe_key = CASE WHEN old.place = 1 THEN 'reminder:' || old.borrower_id || ':' || old.day
                      ELSE message.dedupe_key END
FROM (
    SELECT id, borrower_id, day, row_number() OVER (PARTITION BY borrower_id, day ORDER BY id) AS place
    FROM (
        SELECT id, borrower_id, (not_before AT TIME ZONE 'Asia/Shanghai')::date AS day
        FROM messaging_outboxmessage
        WHERE status = 'PENDING' AND dedupe_key LIKE 'reminder:%:%:%:%'
    ) AS waiting
) AS old
WHERE message.id = old.id
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_reaching_borrowers")]

    operations = [
        migrations.RunSQL(LINES, migrations.RunSQL.noop),
        migrations.RunSQL(MESSAGES, migrations.RunSQL.noop),
    ]

"""
One e-mail that points to what waits unread in a borrower's own account.

Each message is pointed to once, and nobody gets more than one such e-mail a day. It is written only where an e-mail may
leave at this moment, so that it does not wait for the morning and then speak of what was read long ago.
"""

import json
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.urls import reverse

from dashu.kernel.dates import lender_date
from dashu.messaging import guard
from dashu.messaging.links import public_address
from dashu.messaging.notices import PREFIX, SEVERAL, TOPICS

UNREAD_FOR = timedelta(hours=1)
# What nobody was told of by then is no news any more.
LOOKS_BACK = timedelta(days=3)

# Those who stopped the e-mails, want to hear from us in their account only, or cannot sign in, are told nothing; nor
# is anybody told of what went out by e-mail as well, or lay there when the e-mail before this one left.
_INSERT = """
WITH unread AS (
    SELECT told.borrower_id, topic.notice
    FROM messaging_outboxmessage AS told
    JOIN users_borrower AS borrower ON borrower.id = told.borrower_id
    JOIN users_user AS person ON person.id = borrower.user_id AND person.is_active
    LEFT JOIN messaging_contactpreference AS preference ON preference.borrower_id = told.borrower_id
    CROSS JOIN LATERAL (
        SELECT notice FROM unnest(%(starts)s::text[], %(notices)s::text[]) AS known (start, notice)
        WHERE starts_with(told.template, known.start) ORDER BY length(known.start) DESC LIMIT 1
    ) AS topic
    WHERE told.channel = 'IN_APP' AND told.status = 'SENT' AND told.read_at IS NULL AND told.purpose = 'SERVICE'
      AND told.sent_at <= %(until)s AND told.sent_at > %(since)s AND NOT starts_with(told.template, %(prefix)s)
      AND borrower.email <> '' AND coalesce(preference.wants_notices, true)
      AND preference.channel IS DISTINCT FROM 'IN_APP'
      AND NOT EXISTS (
          SELECT FROM messaging_outboxmessage AS mailed
          WHERE mailed.borrower_id = told.borrower_id AND mailed.channel = 'EMAIL'
            AND mailed.status IN ('PENDING', 'SENDING', 'SENT')
            AND (mailed.template = told.template AND mailed.params = told.params
                     AND mailed.loan_id IS NOT DISTINCT FROM told.loan_id
                 OR starts_with(mailed.template, %(prefix)s) AND mailed.created_at >= told.sent_at)
      )
), asked AS (
    SELECT borrower_id, CASE WHEN count(DISTINCT notice) = 1 THEN min(notice) ELSE %(several)s END AS notice
    FROM unread GROUP BY borrower_id
)
INSERT INTO messaging_outboxmessage
    (dedupe_key, borrower_id, channel, template, params, language, not_before, created_at)
SELECT 'notice:' || asked.borrower_id || ':' || %(today)s, asked.borrower_id, 'EMAIL', asked.notice, %(params)s,
       borrower.language, %(at)s, %(at)s
FROM asked
JOIN users_borrower AS borrower ON borrower.id = asked.borrower_id
JOIN ({verdicts}) AS verdict
    ON verdict.borrower_id = asked.borrower_id AND verdict.channel = 'EMAIL' AND cardinality(verdict.reasons) = 0
ORDER BY asked.borrower_id
ON CONFLICT (dedupe_key) DO NOTHING
"""
_CANCEL = """
UPDATE messaging_outboxmessage AS notice
SET status = 'CANCELLED', error = 'it was read meanwhile'
WHERE notice.status = 'PENDING' AND notice.channel = 'EMAIL' AND starts_with(notice.template, %(prefix)s)
  AND NOT EXISTS (
      SELECT FROM messaging_outboxmessage AS told
      WHERE told.borrower_id = notice.borrower_id AND told.channel = 'IN_APP' AND told.status = 'SENT'
        AND told.read_at IS NULL
  )
"""


@transaction.atomic
def tell_of_unread(*, now: datetime) -> int:
    """
    Queue an e-mail to each borrower with a message unread for an hour, and return how many; again on that day, none.

    One that still waits, because it could not be handed over, is given up where everything was read meanwhile.

    :raises PolicyRuleMissing: the contact hours of that day are unknown, so nobody is told.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CANCEL, {"prefix": PREFIX})
        return _queue(cursor, now)


def _queue(cursor: CursorWrapper, now: datetime) -> int:
    links = {
        "link": public_address(reverse("portal:messages")),
        "wishes_link": public_address(reverse("portal:wishes")),
    }
    cursor.execute(
        _INSERT.replace("{verdicts}", guard.verdicts_sql()),
        {
            **guard.parameters(purpose="SERVICE", at=now),
            "starts": list(TOPICS),
            "notices": list(TOPICS.values()),
            "several": SEVERAL,
            "prefix": PREFIX,
            "until": now - UNREAD_FOR,
            "since": now - LOOKS_BACK,
            "today": lender_date(now).isoformat(),
            "params": json.dumps(links),
        },
    )
    return int(cursor.rowcount)

"""
Something happened to borrowers, and a lesson fits.

Set-based: the night may find thousands. Each is written once for a borrower, moment and loan, with the draw and with
how things stood, before anything is shown or sent; so running twice, or at once, writes nothing twice. Those who were
not held out get one message, if the rule has one and their month has room; the contact guard judges it when it leaves.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from dashu.kernel.dates import lender_date
from dashu.messaging import guard
from dashu.messaging.links import public_address
from dashu.messaging.models import Purpose
from dashu.policy.learning import Encouragement, JustInTime, Moment, MomentRule
from dashu.policy.rules import just_in_time, learning_encouragement
from dashu.policy.selectors import PolicyRuleMissing
from education.messages import LESSON_FITS
from education.selectors.published import published_slugs

AT_ONCE = 1000
MONTH = timedelta(days=30)

Pair = tuple[int, int | None]

# How things stood for a borrower before the day, over all their loans. What was in time is told as elsewhere: by the
# end of the due date no more was open than the loan overlooks.
_STOOD = """
SELECT coalesce(sum(each.owed), 0) AS owed, coalesce(max(each.days_late), 0) AS days_late,
       coalesce(sum(each.due), 0) AS due, coalesce(sum(each.late), 0) AS late
FROM loans_loan AS loan
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT principal_minor FROM repayments_loanbalance WHERE loan_id = loan.id), 0) AS owed,
           coalesce(%(on)s - min(row.due_on) FILTER (WHERE row.unpaid_minor > 0), 0) AS days_late,
           count(*) AS due,
           count(*) FILTER (WHERE (row.unpaid_minor + later.minor)::numeric * 10000
               > (row.principal_minor + row.interest_minor + row.fee_minor)::numeric * loan.tolerance_bps) AS late
    FROM repayments_installment AS row
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(moved.principal_minor + moved.interest_minor + moved.fee_minor), 0) AS minor
        FROM repayments_installmentmovement AS moved
        WHERE moved.loan_id = row.loan_id AND moved.number = row.number AND moved.due_on = row.due_on
          AND moved.kind IN ('P', 'W') AND moved.effective_on > row.due_on
    ) AS later
    WHERE row.loan_id = loan.id AND row.is_current AND row.due_on < %(on)s
) AS each
WHERE loan.borrower_id = borrower.id
"""
# Nobody without a login, who could not see it, and nobody who wants none.
_WRITTEN = f"""
INSERT INTO education_learningmoment (
    borrower_id, loan_id, moment, lesson, happened_on, noticed_at, experiment, is_held_out,
    owed_minor, days_late, due_before, late_before
)
SELECT borrower.id, asked.loan_id, %(moment)s, %(lesson)s, %(on)s, %(now)s, %(experiment)s,
       (('x' || left(md5(%(experiment)s || ':' || borrower.id), 8))::bit(32)::bigint %% 10000) < %(share_bps)s,
       stood.owed, stood.days_late, stood.due, stood.late
FROM unnest(%(borrowers)s::bigint[], %(loans)s::bigint[]) AS asked (borrower_id, loan_id)
JOIN users_borrower AS borrower ON borrower.id = asked.borrower_id AND borrower.user_id IS NOT NULL
CROSS JOIN LATERAL ({_STOOD}) AS stood
WHERE NOT EXISTS (SELECT FROM education_learningwish AS wish WHERE wish.borrower_id = borrower.id)
ON CONFLICT (borrower_id, moment, loan_id) DO NOTHING
RETURNING id
"""  # noqa: S608 – its parts are written here
# One message for a borrower, whichever of their loans it is about, while the month has room.
_TOLD = """
WITH chosen AS (
    SELECT DISTINCT ON (moment.borrower_id) moment.id, moment.borrower_id, moment.loan_id
    FROM education_learningmoment AS moment
    WHERE moment.id = ANY(%(ids)s) AND NOT moment.is_held_out AND (
        SELECT count(*) FROM education_learningmoment AS earlier
        WHERE earlier.borrower_id = moment.borrower_id AND earlier.is_told AND earlier.noticed_at > %(since)s
    ) < %(most)s
    ORDER BY moment.borrower_id, moment.id
), told AS (
    UPDATE education_learningmoment AS moment SET is_told = true FROM chosen WHERE moment.id = chosen.id
)
INSERT INTO messaging_outboxmessage
    (dedupe_key, borrower_id, loan_id, channel, purpose, template, params, language, not_before)
SELECT 'lesson:' || %(moment)s || ':' || chosen.borrower_id || ':' || coalesce(chosen.loan_id::text, ''),
       borrower.id, chosen.loan_id,
       coalesce(nullif(preference.channel, ''), CASE WHEN borrower.email <> '' THEN 'EMAIL' ELSE 'IN_APP' END),
       %(purpose)s, %(template)s, %(params)s, borrower.language, %(now)s
FROM chosen
JOIN users_borrower AS borrower ON borrower.id = chosen.borrower_id
LEFT JOIN messaging_contactpreference AS preference ON preference.borrower_id = borrower.id
ON CONFLICT (dedupe_key) DO NOTHING
"""


def notice_moments(*, moment: Moment, pairs: Iterable[Pair], now: datetime) -> int:
    """
    Write down that the moment came for these borrowers and loans; return for how many it is new.

    :param pairs: borrower and loan; None where it is about no loan.
    """
    today = lender_date(now)
    try:
        rules, measured = just_in_time(today), learning_encouragement(today)
    except PolicyRuleMissing:  # of a country for which nobody has written them yet
        return 0
    rule = rules.moments.get(moment)
    if rule is None or rule.lesson not in published_slugs():
        return 0
    found = sorted(set(pairs), key=lambda pair: (pair[0], pair[1] or 0))
    return sum(
        _notice(found[first : first + AT_ONCE], moment, rule, rules, measured, now=now, today=today)
        for first in range(0, len(found), AT_ONCE)
    )


@transaction.atomic
def _notice(
    pairs: Sequence[Pair],
    moment: Moment,
    rule: MomentRule,
    rules: JustInTime,
    measured: Encouragement,
    *,
    now: datetime,
    today: date,
) -> int:
    # Whoever counts what a person got holds this, so that two moments at once do not pass the month together.
    guard.lock_people(borrower_id for borrower_id, _loan_id in pairs)
    about: dict[str, Any] = {
        "moment": str(moment),
        "lesson": rule.lesson,
        "on": today,
        "now": now,
        "experiment": measured.holdout.experiment if measured.holdout.share_bps else "",
        "share_bps": measured.holdout.share_bps,
        "borrowers": [borrower_id for borrower_id, _loan_id in pairs],
        "loans": [loan_id for _borrower_id, loan_id in pairs],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, about)
        ids = [row[0] for row in cursor.fetchall()]
        if ids and rule.has_message:
            _tell(cursor, ids, moment, most=rules.messages_a_month, now=now)
    return len(ids)


def _tell(cursor: CursorWrapper, ids: Sequence[int], moment: Moment, *, most: int, now: datetime) -> None:
    cursor.execute(
        _TOLD,
        {
            "ids": list(ids),
            "moment": str(moment),
            "most": most,
            "since": now - MONTH,
            "now": now,
            "purpose": Purpose.LEARNING.value,
            "template": LESSON_FITS,
            "params": json.dumps({"lesson_link": public_address("/learn/for-you/")}),
        },
    )

"""Promises to pay, kept or broken by the end of a date and reminded of once before, as set-based SQL."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db.backends.utils import CursorWrapper

from dashu.messaging import guard
from dashu.messaging.models import Purpose
from dashu.policy import rules as policy
from dashu.policy.rules import PromiseKept


def decide_promises(cursor: CursorWrapper, *, on: date, first: int, end: int, kept: PromiseKept) -> Mapping[str, int]:
    """
    Decide the open promises of a range; return `{"promises_kept": …, "promises_broken": …}`.

    Kept as soon as enough came in, broken when the grace after its day has passed without that. What came back counts
    as never paid. Source: domain notes, KPI formulas (at least 95% by the date and 2 days).
    """
    cursor.execute(
        """
        WITH paid AS (
            SELECT promise.id, COALESCE(SUM(payment.amount_minor), 0)::bigint AS minor
            FROM collections_mgmt_promisetopay AS promise
            LEFT JOIN repayments_payment AS payment ON payment.loan_id = promise.loan_id AND NOT payment.is_returned
                AND payment.event_id > promise.after_event
                AND payment.received_on BETWEEN promise.made_on AND LEAST(promise.due_on + %(days)s, %(on)s)
            WHERE promise.status = 'OPEN' AND promise.made_on <= %(on)s
              AND promise.loan_id >= %(first)s AND promise.loan_id < %(end)s
            GROUP BY promise.id
        ), decided AS (
            UPDATE collections_mgmt_promisetopay AS promise
            SET status = CASE WHEN paid.minor >= promise.amount_minor * %(share)s THEN 'KEPT'
                              WHEN %(on)s >= promise.due_on + %(days)s THEN 'BROKEN' ELSE 'OPEN' END,
                decided_on = CASE WHEN paid.minor >= promise.amount_minor * %(share)s
                                       OR %(on)s >= promise.due_on + %(days)s THEN %(on)s::date END,
                paid_minor = paid.minor
            FROM paid
            WHERE promise.id = paid.id AND (
                paid.minor <> promise.paid_minor OR paid.minor >= promise.amount_minor * %(share)s
                OR %(on)s >= promise.due_on + %(days)s
            )
            RETURNING promise.status
        )
        SELECT COUNT(*) FILTER (WHERE status = 'KEPT'), COUNT(*) FILTER (WHERE status = 'BROKEN') FROM decided
        """,
        {"on": on, "first": first, "end": end, "share": kept.share, "days": kept.days},
    )
    found_kept, broken = cursor.fetchone()
    return {"promises_kept": found_kept, "promises_broken": broken}


# What somebody agreed to pay on a day, with what the message needs to find it again.
_AGREED = """
SELECT 'promise' AS kind, promise.id, promise.loan_id FROM collections_mgmt_promisetopay AS promise
WHERE promise.status = 'OPEN' AND promise.due_on = %(due_on)s AND promise.made_on < %(on)s
  AND promise.paid_minor < promise.amount_minor
UNION ALL
SELECT 'arrangement', part.id, arrangement.loan_id FROM collections_mgmt_arrangementpart AS part
JOIN collections_mgmt_arrangement AS arrangement ON arrangement.id = part.arrangement_id
WHERE arrangement.status = 'ACTIVE' AND part.due_on = %(due_on)s AND arrangement.made_on < %(on)s
UNION ALL
SELECT 'settlement', part.id, settlement.loan_id FROM collections_mgmt_settlementpart AS part
JOIN collections_mgmt_settlement AS settlement ON settlement.id = part.settlement_id
WHERE settlement.status IN ('ACCEPTED', 'ACTIVE') AND part.due_on = %(due_on)s AND settlement.accepted_on < %(on)s
"""


def remind_of_promises(cursor: CursorWrapper, *, on: date, not_before: datetime, first: int, end: int) -> int:
    """
    Queue one reminder of each payment that somebody agreed to make soon, on the channel that the contact guard allows.

    What is still missing is found when it leaves; see `compose_reminders`. Nobody is reminded on the day of the promise
    itself, nor of a loan on hold.

    :param on: the day on which it goes out.
    :returns: how many messages are new.
    """
    cursor.execute(
        f"""
        WITH agreed AS (
            SELECT agreed.*, loan.borrower_id FROM ({_AGREED}) AS agreed
            JOIN loans_loan AS loan ON loan.id = agreed.loan_id AND loan.status IN ('ACTIVE', 'CHARGED_OFF')
            WHERE agreed.loan_id >= %(first)s AND agreed.loan_id < %(end)s AND NOT EXISTS (
                SELECT FROM collections_mgmt_hold AS hold
                WHERE hold.loan_id = loan.id AND hold.ended_on IS NULL AND hold.contact <> 'NONE'
            )
        ), asked AS (SELECT DISTINCT borrower_id FROM agreed), chosen AS (
            SELECT DISTINCT ON (borrower_id) borrower_id, channel FROM ({guard.verdicts_sql()}) AS verdict
            WHERE reasons <@ '{{QUIET_HOURS}}' ORDER BY borrower_id, rank
        )
        INSERT INTO messaging_outboxmessage
            (dedupe_key, borrower_id, loan_id, channel, template, params, language, not_before, purpose)
        SELECT 'agreed:' || agreed.kind || ':' || agreed.id, agreed.borrower_id, agreed.loan_id, chosen.channel,
               'reminder.promise', jsonb_build_object(agreed.kind, agreed.id), borrower.language, %(at)s, %(purpose)s
        FROM agreed JOIN chosen USING (borrower_id) JOIN users_borrower AS borrower ON borrower.id = agreed.borrower_id
        ORDER BY agreed.borrower_id, agreed.kind, agreed.id
        ON CONFLICT (dedupe_key) DO NOTHING
        """,  # noqa: S608 – its parts are written here
        {
            **guard.parameters(purpose=Purpose.REMINDER, at=not_before),
            "on": on,
            "due_on": on + timedelta(days=policy.promise_limits(on).remind_days),
            "first": first,
            "end": end,
        },
    )
    return int(cursor.rowcount)

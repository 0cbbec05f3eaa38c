"""Promises to pay, kept or broken by the end of a date, as set-based SQL."""

from collections.abc import Mapping
from datetime import date

from django.db.backends.utils import CursorWrapper

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

"""
Arrangements and settlements at the end of a date, as set-based SQL; `collections_mgmt.domain.agreeing` says the same of
one plan in plain Python.

A settlement is never completed here: its last payment does that, in its own transaction. Both write the settlement's
row, so whichever comes second finds what the first made of it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from dashu.policy.agreements import SettlementTerms
from dashu.policy.rules import PromiseKept

# Of `plan (id, loan_id, from_on, after_event)` and its parts: what was due by the end of a part's grace, and what had
# come in by then.
_STANDING = """
standing AS (
    SELECT plan.id, bool_or(part.due_on + %(days)s <= %(on)s AND part.received < part.wanted * %(share)s) AS is_late,
           bool_and(part.received >= part.wanted * %(share)s) FILTER (WHERE part.is_last) AS is_paid,
           max(part.received) FILTER (WHERE part.is_last) AS received
    FROM plan CROSS JOIN LATERAL (
        SELECT each.due_on, sum(each.amount_minor) OVER (ORDER BY each.number) AS wanted,
               row_number() OVER (ORDER BY each.number DESC) = 1 AS is_last,
               (SELECT coalesce(sum(payment.amount_minor), 0) FROM repayments_payment AS payment
                WHERE payment.loan_id = plan.loan_id AND NOT payment.is_returned
                  AND payment.event_id > plan.after_event
                  AND payment.received_on BETWEEN plan.from_on AND least(each.due_on + %(days)s, %(on)s)) AS received
        FROM {parts} AS each WHERE each.{plan}_id = plan.id
    ) AS part
    GROUP BY plan.id
)"""
_TELL = """
INSERT INTO messaging_outboxmessage (dedupe_key, borrower_id, loan_id, channel, template, params, language)
SELECT decided.template || ':' || decided.id, loan.borrower_id, loan.id, 'IN_APP', decided.template,
       jsonb_build_object('loan_number', loan.number, 'currency', loan.currency, 'reference', decided.reference,
                         'paid_minor', decided.paid_minor), borrower.language
FROM decided JOIN loans_loan AS loan ON loan.id = decided.loan_id
JOIN users_borrower AS borrower ON borrower.id = loan.borrower_id
WHERE decided.template IS NOT NULL
ON CONFLICT (dedupe_key) DO NOTHING
"""

_NOTE = """
INSERT INTO audit_auditrecord (action, subject_type, subject_id, actor, data)
SELECT 'collections.{what}', 'loan', decided.loan_id::text, %(actor)s,
       jsonb_build_object('settlement', decided.reference, 'paid_minor', decided.paid_minor)
FROM decided
"""


def decide_arrangements(
    cursor: CursorWrapper, *, on: date, first: int, end: int, kept: PromiseKept
) -> Mapping[str, int]:
    """Decide the arrangements of a range; return `{"arrangements_kept": …, "arrangements_broken": …}`."""
    standing = _STANDING.replace("{parts}", "collections_mgmt_arrangementpart").replace("{plan}", "arrangement")
    cursor.execute(
        f"""
        WITH plan AS (
            SELECT id, loan_id, made_on AS from_on, after_event FROM collections_mgmt_arrangement
            WHERE status = 'ACTIVE' AND made_on <= %(on)s AND loan_id >= %(first)s AND loan_id < %(end)s
        ), {standing}, decided AS (
            UPDATE collections_mgmt_arrangement AS arrangement
            SET status = CASE WHEN standing.is_late THEN 'BROKEN' WHEN standing.is_paid THEN 'KEPT' ELSE 'ACTIVE' END,
                decided_on = CASE WHEN standing.is_late OR standing.is_paid THEN %(on)s::date END,
                paid_minor = standing.received
            FROM standing
            WHERE arrangement.id = standing.id AND arrangement.status = 'ACTIVE'
              AND (standing.is_late OR standing.is_paid OR standing.received <> arrangement.paid_minor)
            RETURNING arrangement.id, arrangement.loan_id, arrangement.reference, arrangement.paid_minor,
                      arrangement.status,
                      CASE arrangement.status WHEN 'KEPT' THEN 'collections.arrangement_kept'
                                              WHEN 'BROKEN' THEN 'collections.arrangement_broken' END AS template
        ), told AS ({_TELL})
        SELECT count(*) FILTER (WHERE status = 'KEPT'), count(*) FILTER (WHERE status = 'BROKEN') FROM decided
        """,  # noqa: S608 – its parts are written here
        {"on": on, "first": first, "end": end, "share": kept.share, "days": kept.days},
    )
    found_kept, broken = cursor.fetchone()
    return {"arrangements_kept": found_kept, "arrangements_broken": broken}


def decide_settlements(
    cursor: CursorWrapper, *, on: date, first: int, end: int, terms: SettlementTerms, actor: str
) -> Mapping[str, int]:
    """
    Let offers of a range expire that were not accepted in time, and break settlements whose payments did not come.

    Nothing of a loan changes: until its last payment all of the debt stands, so it simply goes on.

    :returns: `{"settlements_expired": …, "settlements_broken": …}`.
    """
    about: dict[str, Any] = {"on": on, "first": first, "end": end, "days": terms.grace_days, "share": 1}
    cursor.execute(
        f"""
        WITH decided AS (
            UPDATE collections_mgmt_settlement SET status = 'EXPIRED', ended_on = %(on)s
            WHERE status = 'OFFERED' AND accept_by <= %(on)s AND loan_id >= %(first)s AND loan_id < %(end)s
            RETURNING id, loan_id, reference, paid_minor, 'collections.settlement_expired' AS template
        ), told AS ({_TELL}), noted AS ({_NOTE.format(what="settlement_expired")})
        SELECT count(*) FROM decided
        """,  # noqa: S608 – its parts are written here
        {**about, "actor": actor},
    )
    (expired,) = cursor.fetchone()
    standing = _STANDING.replace("{parts}", "collections_mgmt_settlementpart").replace("{plan}", "settlement")
    cursor.execute(
        f"""
        WITH plan AS (
            SELECT id, loan_id, offered_on AS from_on, after_event FROM collections_mgmt_settlement
            WHERE status IN ('ACCEPTED', 'ACTIVE') AND loan_id >= %(first)s AND loan_id < %(end)s
        ), {standing}, changed AS (
            UPDATE collections_mgmt_settlement AS settlement
            SET status = CASE WHEN standing.is_late THEN 'BROKEN' WHEN standing.received > 0 THEN 'ACTIVE'
                              ELSE settlement.status END,
                ended_on = CASE WHEN standing.is_late THEN %(on)s::date END,
                paid_minor = standing.received
            FROM standing
            WHERE settlement.id = standing.id AND settlement.status IN ('ACCEPTED', 'ACTIVE')
              AND (standing.is_late OR standing.received <> settlement.paid_minor)
            RETURNING settlement.*
        ), decided AS (
            SELECT id, loan_id, reference, paid_minor, 'collections.settlement_broken' AS template FROM changed
            WHERE status = 'BROKEN'
        ), told AS ({_TELL}), noted AS ({_NOTE.format(what="settlement_broken")})
        SELECT count(*) FROM decided
        """,  # noqa: S608 – its parts are written here
        {**about, "actor": actor},
    )
    (broken,) = cursor.fetchone()
    return {"settlements_expired": expired, "settlements_broken": broken}

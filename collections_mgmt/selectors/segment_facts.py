"""
What strategies ask of borrowers, as SQL: of whom the night places in rows, and of those on whom a draft is tried.

What the segments say, `collections_mgmt.domain.segments` says too; a test compares the two.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from dashu.kernel.dates import LENDER_ZONE, midnight
from dashu.policy.strategies import StrategyRules

# Facts of the files of `file_of (id)`, as they were known at the end of `%(on)s`; cases that were open on `%(on)s` or
# since count.
_FACTS = """
SELECT file.id AS file_id, file.borrower_id, behind.product, file.days, file.level, file.language, file.value_minor,
       CASE WHEN file.is_care OR 'CARE' = ANY(file.facts) THEN 'CARE' ELSE 'PLAIN' END AS care,
       told.minor AS surplus_minor, behind.asked_minor, did.opened, did.kept, did.broken, did.paid,
       CASE WHEN told.minor IS NULL THEN 'UNKNOWN' WHEN told.minor <= 0 THEN 'NONE'
            WHEN told.minor::numeric * 10000 >= behind.asked_minor::numeric * %(able_from)s THEN 'ABLE'
            ELSE 'TIGHT' END AS capacity,
       CASE WHEN score.points >= %(high_from)s THEN 'HIGH' WHEN score.points >= %(some_from)s THEN 'SOME'
            ELSE 'LOW' END AS readiness
FROM file_of
JOIN collections_mgmt_casefile AS file ON file.id = file_of.id
CROSS JOIN LATERAL (
    SELECT (array_agg(product.kind ORDER BY item.opened_on, loan.id))[1] AS product,
           coalesce(sum(due.minor), 0)::bigint AS asked_minor
    FROM loans_loan AS loan
    JOIN collections_mgmt_collectioncase AS item ON item.loan_id = loan.id
        AND item.opened_on <= %(until)s AND (item.closed_on IS NULL OR item.closed_on > %(on)s)
    JOIN loans_productterms AS version ON version.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = version.product_id
    LEFT JOIN LATERAL (
        SELECT row.principal_minor + row.interest_minor + row.fee_minor AS minor FROM repayments_installment AS row
        WHERE row.loan_id = loan.id AND row.is_current AND row.unpaid_minor > 0 ORDER BY row.due_on LIMIT 1
    ) AS due ON true
    WHERE loan.borrower_id = file.borrower_id
) AS behind
LEFT JOIN LATERAL (
    SELECT known.minor FROM (
        SELECT asked.can_pay_minor AS minor, asked.asked_at AS at FROM collections_mgmt_hardshiprequest AS asked
        WHERE asked.borrower_id = file.borrower_id AND asked.can_pay_minor IS NOT NULL
        UNION ALL
        SELECT {income} - {essentials} - {debt_payments}, review.decided_at
        FROM loans_application AS application
        JOIN loans_creditreview AS review ON review.application_id = application.id
        WHERE application.borrower_id = file.borrower_id AND review.facts ? 'income'
    ) AS known
    WHERE known.at >= %(told_from)s AND known.at < %(end_at)s ORDER BY known.at DESC LIMIT 1
) AS told ON true
CROSS JOIN LATERAL (
    SELECT (
        SELECT count(*) FROM messaging_outboxmessage AS message
        WHERE message.borrower_id = file.borrower_id AND message.status = 'SENT' AND message.channel = 'IN_APP'
          AND message.read_at >= %(since_at)s AND message.read_at < %(end_at)s
          AND extract(hour FROM message.read_at AT TIME ZONE %(zone)s) >= %(day_from)s
          AND extract(hour FROM message.read_at AT TIME ZONE %(zone)s) < %(day_to)s
    ) AS opened, promised.kept, promised.broken, (
        SELECT count(*) FROM repayments_payment AS payment JOIN loans_loan AS loan ON loan.id = payment.loan_id
        WHERE loan.borrower_id = file.borrower_id AND payment.channel = 'GATEWAY' AND NOT payment.is_returned
          AND payment.received_on > %(since)s AND payment.received_on <= %(on)s
    ) AS paid
    FROM (
        SELECT count(*) FILTER (WHERE promise.status = 'KEPT') AS kept,
               count(*) FILTER (WHERE promise.status = 'BROKEN') AS broken
        FROM collections_mgmt_promisetopay AS promise JOIN loans_loan AS loan ON loan.id = promise.loan_id
        WHERE loan.borrower_id = file.borrower_id AND promise.decided_on > %(since)s AND promise.decided_on <= %(on)s
    ) AS promised
) AS did
CROSS JOIN LATERAL (
    SELECT least(did.opened, %(most)s) * %(p_opened)s + least(did.kept, %(most)s) * %(p_kept)s
           + least(did.broken, %(most)s) * %(p_broken)s + least(did.paid, %(most)s) * %(p_paid)s AS points
) AS score
"""
_FIGURE = "coalesce((review.facts -> '{0}' ->> 'verified')::bigint, (review.facts -> '{0}' ->> 'stated')::bigint, 0)"


def facts_sql() -> str:
    """
    Return the rows of facts for the files of a relation `file_of (id)` that the caller's statement defines; its
    parameters are those of `facts_parameters`.
    """
    return _FACTS.format(**{name: _FIGURE.format(name) for name in ("income", "essentials", "debt_payments")})


def facts_parameters(on: date, rules: StrategyRules, *, until: date | None = None) -> Mapping[str, Any]:
    """:param until: cases that were opened up to then count too; `on` unless given."""
    capacity, readiness = rules.capacity, rules.readiness
    since = on - timedelta(days=readiness.days)
    return {
        "on": on,
        "until": until or on,
        "since": since,
        "since_at": midnight(since + timedelta(days=1)),
        "end_at": midnight(on + timedelta(days=1)),
        "told_from": midnight(on - timedelta(days=capacity.told_days)),
        "zone": LENDER_ZONE.key,
        "able_from": capacity.able_from_bps,
        "most": readiness.most,
        "some_from": readiness.some_from,
        "high_from": readiness.high_from,
        "day_from": readiness.day_from,
        "day_to": readiness.day_to,
        **{f"p_{name}": getattr(readiness, name) for name in ("opened", "kept", "broken", "paid")},
    }

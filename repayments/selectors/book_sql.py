"""
The query that says where each loan of a book stood on a day, as one subselect for whoever lists or sums it.

Interest, fees and arrears are the first schedules with the movements that count up to the day, so they are complete
whether the day was closed or not. Principal, penalty and credit are the postings that count up to it.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from dashu.finance.arrears import Scale
from dashu.ledger import accounts
from dashu.policy import rules as policy
from loans.models import Loan, Product

COLUMNS = (
    "loan_id", "number", "currency", "product", "status", "principal", "interest", "fee", "penalty", "credit",
    "overdue_principal", "overdue_interest", "overdue_fee", "oldest_due_on", "days_past_due",
    "effective_days_past_due", "bucket", "classification",
)  # fmt: skip

_ROLES = {
    "principal": accounts.LOAN_PRINCIPAL,
    "penalty": accounts.PENALTY_RECEIVABLE,
    "suspended": accounts.SUSPENDED_INTEREST,
    "credit": accounts.BORROWER_CREDIT,
    "refund": accounts.REFUND_RECEIVABLE,
    "loss": accounts.CHARGE_OFF_EXPENSE,
    "sale": accounts.SALE_RESULT,
}


def book_sql(loans: QuerySet[Loan], *, as_of: date, known_at: datetime | None) -> tuple[str, dict[str, Any]] | None:
    """
    Return a subselect with a row of `COLUMNS` for each of these loans that had been paid out, and its parameters.

    :param loans: whatever the caller may see of the book.
    :param known_at: leave out what was posted at this moment or later.
    :returns: None when there can be no such loan.
    """
    try:
        asked, values = loans.filter(starts_on__lte=as_of).order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return None
    names = {f"asked_{place}": value for place, value in enumerate(values)}
    named = asked.replace("%%", "%%%%") % tuple(f"%({name})s" for name in names)
    buckets = policy.delinquency_buckets(as_of)
    parameters = {
        "as_of": as_of,
        "known_at": known_at,
        "bucket_starts": [band.from_days for band in buckets.bands],
        "bucket_codes": [band.code for band in buckets.bands],
        "tiers": _tiers({kind: policy.five_tier(kind, as_of) for kind in Product.Kind.values}),
        **_ROLES,
        **names,
    }
    return f"(WITH asked (id) AS MATERIALIZED ({named}), {_BOOK})", parameters


def _tiers(scales: Mapping[str, Scale]) -> str:
    tables: list[dict[str, Any]] = [
        {
            "kind": kind,
            "starts": [band.from_days for band in scale.bands],
            "codes": [band.code for band in scale.bands],
        }
        for kind, scale in scales.items()
    ]
    return json.dumps(tables)


# What has not fallen due is summed into one row a loan, which only says that something is still to come.
#
# Penalty that is suspended stands beside suspended interest in one account; it is told apart by what the interest of
# the open installments leaves of it, of those whose day was booked: by a close, or by an act on a later day.
#
# The end of a claim does nothing to a loan that back-dated money settled before it, so an end counts only where it left
# a trace: a loss or a result of the sale, a claim that is still open, or installments that are no longer demanded.
_BOOK = """
known AS (
    SELECT event.id, event.loan_id, event.kind, event.effective_on, event.data
    FROM asked JOIN repayments_loanevent AS event ON event.loan_id = asked.id
    WHERE event.effective_on <= %(as_of)s
      AND (%(known_at)s::timestamptz IS NULL OR event.posted_at < %(known_at)s)
), standing AS (
    SELECT * FROM known
    WHERE kind <> 'REVERSAL'
      AND id NOT IN (SELECT (undone.data ->> 'event')::bigint FROM known AS undone WHERE undone.kind = 'REVERSAL')
), loan AS (
    SELECT loan.id, loan.number, loan.currency, product.code AS product, loan.interest_basis = 'daily' AS is_daily,
           loan.tolerance_bps, tier.starts, tier.codes
    FROM known AS opening
    JOIN loans_loan AS loan ON loan.id = opening.loan_id
    JOIN loans_productterms AS version ON version.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = version.product_id
    JOIN jsonb_to_recordset(%(tiers)s) AS tier (kind text, starts int[], codes text[]) ON tier.kind = product.kind
    WHERE opening.kind IN ('DISBURSED', 'TAKEN_OVER')
), pause AS (
    SELECT loan_id, effective_on AS since,
           LEAD(effective_on) OVER (PARTITION BY loan_id ORDER BY effective_on, id) - 1 AS until, kind
    FROM standing WHERE kind IN ('PAUSE', 'RESUME')
), held AS (
    SELECT posting.loan_id, split_part(posting.account_id, '.', 1) AS role,
           SUM(CASE posting.side WHEN 'D' THEN posting.amount_minor ELSE -posting.amount_minor END)::bigint AS minor,
           MAX(entry.effective_on - (entry.kind NOT IN ('ACCRUAL', 'OPENING'))::int) AS booked_through
    FROM asked JOIN ledger_posting AS posting ON posting.loan_id = asked.id
    JOIN ledger_journalentry AS entry ON entry.id = posting.entry_id
    WHERE entry.effective_on <= %(as_of)s AND (%(known_at)s::timestamptz IS NULL OR entry.posted_at < %(known_at)s)
      AND split_part(posting.account_id, '.', 1)
          IN (%(principal)s, %(penalty)s, %(suspended)s, %(credit)s, %(refund)s, %(loss)s, %(sale)s)
    GROUP BY 1, 2
), balance AS (
    SELECT loan_id,
           COALESCE(SUM(minor) FILTER (WHERE role = %(principal)s), 0)::bigint AS principal,
           COALESCE(SUM(minor) FILTER (WHERE role = %(penalty)s), 0)::bigint AS penalty,
           COALESCE(SUM(minor) FILTER (WHERE role = %(suspended)s), 0)::bigint AS suspended,
           COALESCE(-SUM(minor) FILTER (WHERE role = %(credit)s), 0)::bigint AS credit,
           COALESCE(bool_or(minor <> 0) FILTER (WHERE role = %(refund)s), false) AS has_refund_due,
           COALESCE(bool_or(minor <> 0) FILTER (WHERE role IN (%(loss)s, %(sale)s)), false) AS has_loss,
           MAX(booked_through) AS booked_through
    FROM held GROUP BY loan_id
), movement AS (
    SELECT row.loan_id, row.number, row.due_on, 'S' AS kind, row.principal_minor, row.interest_minor, row.fee_minor
    FROM asked JOIN repayments_installment AS row ON row.loan_id = asked.id AND row.version = 1
    UNION ALL
    SELECT moved.loan_id, moved.number, moved.due_on, moved.kind, moved.principal_minor, moved.interest_minor,
           moved.fee_minor
    FROM asked JOIN repayments_installmentmovement AS moved ON moved.loan_id = asked.id
    WHERE moved.effective_on <= %(as_of)s
      AND (%(known_at)s::timestamptz IS NULL OR moved.posted_at < %(known_at)s)
), row AS (
    SELECT loan_id, due_on,
           SUM(sign * principal_minor)::bigint AS principal, SUM(sign * interest_minor)::bigint AS interest,
           SUM(sign * fee_minor)::bigint AS fee,
           SUM(principal_minor + interest_minor + fee_minor) FILTER (WHERE kind = 'S') AS demanded
    FROM (
        SELECT loan_id, kind, principal_minor, interest_minor, fee_minor,
               CASE kind WHEN 'S' THEN 1 ELSE -1 END AS sign,
               CASE WHEN due_on <= %(as_of)s THEN number END AS number,
               CASE WHEN due_on <= %(as_of)s THEN due_on END AS due_on
        FROM movement
    ) AS signed
    GROUP BY loan_id, number, due_on
), claim AS (
    SELECT row.loan_id, SUM(row.principal + row.interest + row.fee) <> 0 AS is_open,
           SUM(row.interest) FILTER (WHERE row.due_on IS NOT NULL)::bigint AS due_interest,
           SUM(row.fee) FILTER (WHERE row.due_on IS NOT NULL)::bigint AS due_fee,
           SUM(row.interest) FILTER (WHERE row.due_on <= balance.booked_through)::bigint AS booked_interest,
           SUM(row.principal) FILTER (WHERE row.due_on < %(as_of)s)::bigint AS principal,
           SUM(row.interest) FILTER (WHERE row.due_on < %(as_of)s)::bigint AS interest,
           SUM(row.fee) FILTER (WHERE row.due_on < %(as_of)s)::bigint AS fee,
           MIN(row.due_on) FILTER (WHERE row.due_on < %(as_of)s
               AND (row.principal + row.interest + row.fee)::numeric * 10000 > row.demanded * loan.tolerance_bps)
               AS oldest_due_on
    FROM row JOIN loan ON loan.id = row.loan_id LEFT JOIN balance ON balance.loan_id = row.loan_id
    GROUP BY row.loan_id
), ended AS (
    SELECT DISTINCT ON (loan_id) loan_id,
           CASE kind WHEN 'CHARGE_OFF' THEN 'CHARGED_OFF' WHEN 'WRITE_OFF' THEN 'WRITTEN_OFF' ELSE 'SOLD' END AS status
    FROM standing
    LEFT JOIN balance USING (loan_id)
    LEFT JOIN claim USING (loan_id)
    WHERE kind IN ('CHARGE_OFF', 'WRITE_OFF', 'SALE')
      AND (balance.has_loss OR claim.is_open OR EXISTS (
              SELECT 1 FROM repayments_installmentmovement AS given_up
              WHERE given_up.loan_id = standing.loan_id AND given_up.effective_on = standing.effective_on
                AND given_up.kind = 'W' AND (%(known_at)s::timestamptz IS NULL OR given_up.posted_at < %(known_at)s)
              HAVING SUM(given_up.principal_minor + given_up.interest_minor + given_up.fee_minor) > 0))
    ORDER BY loan_id, kind = 'CHARGE_OFF', effective_on, id
), counted AS (
    SELECT loan.id AS loan_id, claim.oldest_due_on, COALESCE(%(as_of)s::date - claim.oldest_due_on, 0) AS days,
           COALESCE((
               SELECT SUM(GREATEST(0, LEAST(COALESCE(pause.until, %(as_of)s), %(as_of)s)
                                      - GREATEST(pause.since - 1, claim.oldest_due_on)))
               FROM pause WHERE pause.loan_id = loan.id AND pause.kind = 'PAUSE' AND claim.oldest_due_on IS NOT NULL
           ), 0)::int AS paused
    FROM loan LEFT JOIN claim ON claim.loan_id = loan.id
)
SELECT loan.id AS loan_id, loan.number, loan.currency, loan.product, state.status,
       COALESCE(balance.principal, 0) AS principal,
       CASE WHEN loan.is_daily OR ended.status IS NOT NULL THEN 0 ELSE COALESCE(claim.due_interest, 0) END AS interest,
       CASE WHEN ended.status IS NOT NULL THEN 0 ELSE COALESCE(claim.due_fee, 0) END AS fee,
       penalty.minor AS penalty,
       COALESCE(balance.credit, 0) AS credit,
       COALESCE(claim.principal, 0) AS overdue_principal, COALESCE(claim.interest, 0) AS overdue_interest,
       COALESCE(claim.fee, 0) AS overdue_fee, counted.oldest_due_on,
       counted.days AS days_past_due, GREATEST(0, counted.days - counted.paused) AS effective_days_past_due,
       (%(bucket_codes)s::text[])[width_bucket(counted.days, %(bucket_starts)s::int[])] AS bucket,
       loan.codes[width_bucket(counted.days, loan.starts)] AS classification
FROM loan
JOIN counted ON counted.loan_id = loan.id
LEFT JOIN balance ON balance.loan_id = loan.id
LEFT JOIN claim ON claim.loan_id = loan.id
LEFT JOIN ended ON ended.loan_id = loan.id
CROSS JOIN LATERAL (
    SELECT COALESCE(balance.penalty, 0)
           + CASE WHEN COALESCE(balance.suspended, 0) = 0 THEN 0
                  WHEN loan.is_daily THEN balance.suspended
                  ELSE GREATEST(0, balance.suspended - COALESCE(claim.booked_interest, 0)) END AS minor
) AS penalty
CROSS JOIN LATERAL (
    SELECT COALESCE(ended.status, CASE WHEN claim.is_open OR balance.has_refund_due OR balance.principal <> 0
                                         OR penalty.minor <> 0 THEN 'ACTIVE' ELSE 'SETTLED' END) AS status
) AS state
"""

"""
The whole book on any past day, as it is known now or as it was known at any moment, in one set-based query.

Balances are the postings that count up to the day; arrears are the first schedules with the movements that count up to
the day. What was posted at the moment asked for or later is left out. `past_days` gives the same for one loan by
living through its events; a test compares the two.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from dashu.finance.arrears import Scale
from dashu.ledger import accounts
from dashu.policy import rules as policy
from loans.models import Product


@dataclass(frozen=True, slots=True)
class LoanFigures:
    """
    A loan at the end of a day. Amounts in minor units.

    :param principal, interest, fee, penalty: on the books, or in the memo accounts for interest and penalty of a loan
        that is no longer accrued; 0 for one that is charged off, written off or sold.
    :param credit: what the borrower has with us beyond what is owed.
    :param overdue_principal, overdue_interest, overdue_fee: demanded before the day and unpaid.
    :param status: RUNNING or ENDED for a loan with or without anything open, else how it left the balance sheet.
    """

    loan_id: int
    number: str
    currency: str
    status: str
    principal: int
    interest: int
    fee: int
    penalty: int
    credit: int
    overdue_principal: int
    overdue_interest: int
    overdue_fee: int
    oldest_due_on: date | None
    days_past_due: int
    effective_days_past_due: int
    bucket: str
    classification: str


def book_on(
    *, as_of: date, known_at: datetime | None = None, first: int = 0, end: int | None = None
) -> Iterator[LoanFigures]:
    """
    Yield the loans from `first` up to `end` (excluded) that had been paid out by `as_of`, in the order of their ids.

    Penalty is what has been posted for the days up to `as_of`, so it is complete for a day that is closed.

    :param known_at: leave out what was posted at this moment or later.
    """
    buckets = policy.delinquency_buckets(as_of)
    with connection.cursor() as cursor:
        cursor.execute(
            _BOOK,
            {
                "as_of": as_of,
                "known_at": known_at,
                "first": first,
                "end": end if end is not None else 2**62,
                "bucket_starts": [band.from_days for band in buckets.bands],
                "bucket_codes": [band.code for band in buckets.bands],
                "tiers": _tiers({kind: policy.five_tier(kind, as_of) for kind in Product.Kind.values}),
                **_ROLES,
            },
        )
        while rows := cursor.fetchmany(5_000):
            for row in rows:
                yield LoanFigures(*row)


def totals_on(*, as_of: date, known_at: datetime | None = None) -> dict[str, dict[str, int]]:
    """Return the sums over the whole book by currency: loans, amounts, and how much is behind."""
    totals: dict[str, dict[str, int]] = {}
    for loan in book_on(as_of=as_of, known_at=known_at):
        sums = totals.setdefault(loan.currency, dict.fromkeys(_SUMMED, 0))
        sums["loans"] += 1
        sums["principal_minor"] += loan.principal
        sums["interest_minor"] += loan.interest
        sums["fee_minor"] += loan.fee
        sums["penalty_minor"] += loan.penalty
        sums["credit_minor"] += loan.credit
        sums["overdue_minor"] += loan.overdue_principal + loan.overdue_interest + loan.overdue_fee
        if loan.days_past_due > 0:
            sums["loans_behind"] += 1
        if loan.days_past_due > 30:
            sums["principal_over_30_minor"] += loan.principal
    return totals


_SUMMED = (
    "loans", "principal_minor", "interest_minor", "fee_minor", "penalty_minor", "credit_minor", "overdue_minor",
    "loans_behind", "principal_over_30_minor",
)  # fmt: skip

_ROLES = {
    "principal": accounts.LOAN_PRINCIPAL,
    "interest": accounts.INTEREST_RECEIVABLE,
    "fee": accounts.FEE_RECEIVABLE,
    "penalty": accounts.PENALTY_RECEIVABLE,
    "suspended": accounts.SUSPENDED_INTEREST,
    "credit": accounts.BORROWER_CREDIT,
}


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


# Penalty that is suspended stands beside suspended interest in one account; it is told apart by what the interest of
# the open installments leaves of it.
_BOOK = """
WITH known AS (
    SELECT event.id, event.loan_id, event.kind, event.effective_on, event.data
    FROM repayments_loanevent AS event
    WHERE event.loan_id >= %(first)s AND event.loan_id < %(end)s AND event.effective_on <= %(as_of)s
      AND (%(known_at)s::timestamptz IS NULL OR event.posted_at < %(known_at)s)
), standing AS (
    SELECT * FROM known
    WHERE kind <> 'REVERSAL'
      AND id NOT IN (SELECT (undone.data ->> 'event')::bigint FROM known AS undone WHERE undone.kind = 'REVERSAL')
), loan AS (
    SELECT loan.id, loan.number, loan.currency, loan.tolerance_bps, tier.starts, tier.codes
    FROM known AS opening
    JOIN loans_loan AS loan ON loan.id = opening.loan_id
    JOIN loans_productterms AS version ON version.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = version.product_id
    JOIN jsonb_to_recordset(%(tiers)s) AS tier (kind text, starts int[], codes text[]) ON tier.kind = product.kind
    WHERE opening.kind IN ('DISBURSED', 'TAKEN_OVER')
), ended AS (
    SELECT DISTINCT ON (loan_id) loan_id,
           CASE kind WHEN 'CHARGE_OFF' THEN 'CHARGED_OFF' WHEN 'WRITE_OFF' THEN 'WRITTEN_OFF' ELSE 'SOLD' END AS status
    FROM standing WHERE kind IN ('CHARGE_OFF', 'WRITE_OFF', 'SALE')
    ORDER BY loan_id, effective_on DESC, id DESC
), pause AS (
    SELECT loan_id, effective_on AS since,
           LEAD(effective_on) OVER (PARTITION BY loan_id ORDER BY effective_on, id) - 1 AS until, kind
    FROM standing WHERE kind IN ('PAUSE', 'RESUME')
), held AS (
    SELECT posting.loan_id, split_part(posting.account_id, '.', 1) AS role,
           SUM(CASE posting.side WHEN 'D' THEN posting.amount_minor ELSE -posting.amount_minor END)::bigint AS minor
    FROM ledger_posting AS posting JOIN ledger_journalentry AS entry ON entry.id = posting.entry_id
    WHERE posting.loan_id >= %(first)s AND posting.loan_id < %(end)s AND entry.effective_on <= %(as_of)s
      AND (%(known_at)s::timestamptz IS NULL OR entry.posted_at < %(known_at)s)
      AND split_part(posting.account_id, '.', 1)
          IN (%(principal)s, %(interest)s, %(fee)s, %(penalty)s, %(suspended)s, %(credit)s)
    GROUP BY 1, 2
), balance AS (
    SELECT loan_id,
           COALESCE(SUM(minor) FILTER (WHERE role = %(principal)s), 0)::bigint AS principal,
           COALESCE(SUM(minor) FILTER (WHERE role = %(interest)s), 0)::bigint AS interest,
           COALESCE(SUM(minor) FILTER (WHERE role = %(fee)s), 0)::bigint AS fee,
           COALESCE(SUM(minor) FILTER (WHERE role = %(penalty)s), 0)::bigint AS penalty,
           COALESCE(SUM(minor) FILTER (WHERE role = %(suspended)s), 0)::bigint AS suspended,
           COALESCE(-SUM(minor) FILTER (WHERE role = %(credit)s), 0)::bigint AS credit
    FROM held GROUP BY loan_id
), movement AS (
    SELECT row.loan_id, row.number, row.due_on, 'S' AS kind, row.principal_minor, row.interest_minor, row.fee_minor
    FROM repayments_installment AS row
    WHERE row.version = 1 AND row.loan_id >= %(first)s AND row.loan_id < %(end)s
    UNION ALL
    SELECT moved.loan_id, moved.number, moved.due_on, moved.kind, moved.principal_minor, moved.interest_minor,
           moved.fee_minor
    FROM repayments_installmentmovement AS moved
    WHERE moved.loan_id >= %(first)s AND moved.loan_id < %(end)s AND moved.effective_on <= %(as_of)s
      AND (%(known_at)s::timestamptz IS NULL OR moved.posted_at < %(known_at)s)
), row AS (
    SELECT loan_id, due_on,
           SUM(sign * principal_minor)::bigint AS principal, SUM(sign * interest_minor)::bigint AS interest,
           SUM(sign * fee_minor)::bigint AS fee,
           SUM(principal_minor + interest_minor + fee_minor) FILTER (WHERE kind = 'S') AS demanded
    FROM movement CROSS JOIN LATERAL (SELECT CASE kind WHEN 'S' THEN 1 ELSE -1 END AS sign) AS signed
    WHERE due_on <= %(as_of)s
    GROUP BY loan_id, number, due_on
), late AS (
    SELECT row.loan_id, SUM(row.interest) AS due_interest,
           SUM(row.principal) FILTER (WHERE row.due_on < %(as_of)s)::bigint AS principal,
           SUM(row.interest) FILTER (WHERE row.due_on < %(as_of)s)::bigint AS interest,
           SUM(row.fee) FILTER (WHERE row.due_on < %(as_of)s)::bigint AS fee,
           MIN(row.due_on) FILTER (WHERE row.due_on < %(as_of)s
               AND (row.principal + row.interest + row.fee)::numeric * 10000 > row.demanded * loan.tolerance_bps)
               AS oldest_due_on
    FROM row JOIN loan ON loan.id = row.loan_id
    GROUP BY row.loan_id
), counted AS (
    SELECT loan.id AS loan_id, late.oldest_due_on, COALESCE(%(as_of)s::date - late.oldest_due_on, 0) AS days,
           COALESCE((
               SELECT SUM(GREATEST(0, LEAST(COALESCE(pause.until, %(as_of)s), %(as_of)s)
                                      - GREATEST(pause.since - 1, late.oldest_due_on)))
               FROM pause WHERE pause.loan_id = loan.id AND pause.kind = 'PAUSE' AND late.oldest_due_on IS NOT NULL
           ), 0)::int AS paused
    FROM loan LEFT JOIN late ON late.loan_id = loan.id
)
SELECT loan.id, loan.number, loan.currency,
       COALESCE(ended.status, CASE WHEN COALESCE(balance.principal, 0) <> 0 OR COALESCE(balance.interest, 0) <> 0
                                     OR COALESCE(balance.fee, 0) <> 0 OR COALESCE(balance.penalty, 0) <> 0
                                     OR COALESCE(balance.suspended, 0) <> 0 THEN 'RUNNING' ELSE 'ENDED' END),
       COALESCE(balance.principal, 0),
       COALESCE(balance.interest, 0) + suspended.interest,
       COALESCE(balance.fee, 0),
       COALESCE(balance.penalty, 0) + COALESCE(balance.suspended, 0) - suspended.interest,
       COALESCE(balance.credit, 0),
       COALESCE(late.principal, 0), COALESCE(late.interest, 0), COALESCE(late.fee, 0), counted.oldest_due_on,
       counted.days, GREATEST(0, counted.days - counted.paused),
       (%(bucket_codes)s::text[])[width_bucket(counted.days, %(bucket_starts)s::int[])],
       loan.codes[width_bucket(counted.days, loan.starts)]
FROM loan
JOIN counted ON counted.loan_id = loan.id
LEFT JOIN balance ON balance.loan_id = loan.id
LEFT JOIN late ON late.loan_id = loan.id
LEFT JOIN ended ON ended.loan_id = loan.id
CROSS JOIN LATERAL (
    SELECT CASE WHEN COALESCE(balance.suspended, 0) = 0 THEN 0
                ELSE LEAST(balance.suspended, COALESCE(late.due_interest, 0)) END::bigint AS interest
) AS suspended
ORDER BY loan.id
"""

"""The running loans at the end of a month with all that their expected loss depends on, batch by batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from collections_mgmt.models import WarningLead
from dashu.kernel.dates import add_months
from dashu.provisioning.domain.exposure import Standing

BATCH = 10_000


@dataclass(frozen=True, slots=True)
class LoanAt:
    """
    :param lately: the stages by the close of the month ends before, the latest first; :param run_stage: in the run that
        is compared with, None where it has no figure of the loan.
    :param default_months: since it fell into default; 0 for one that is not.
    """

    loan_id: int
    product: str
    bucket: str
    classification: str
    stage: str
    days_past_due: int
    is_restructured: bool
    annual_rate: Decimal
    all_in_rate: Decimal | None
    standing: Standing
    lately: list[str]
    run_stage: str | None
    default_months: int


# The schedule is the one in force when the run is calculated. What it demanded of each month stays in it whatever was
# paid since; new terms since the month's end are taken as they are, up to what was owed at its end.
_LOANS = """
    SELECT row.loan_id, row.product, row.bucket, row.classification, row.stage, row.days_past_due,
           row.is_restructured, row.annual_rate, row.all_in_rate, row.principal_minor, row.overdue_principal_minor,
           row.interest_due_minor + row.fee_due_minor + row.penalty_minor, row.accrued_minor,
           plan.months, plan.principals, plan.interests,
           ARRAY(SELECT before.stage FROM collections_mgmt_loanmonth AS before
                 WHERE before.loan_id = row.loan_id AND before.month < %(month)s AND before.month >= %(since)s
                   AND before.status = 'ACTIVE' ORDER BY before.month DESC),
           line.stage,
           CASE WHEN row.bucket = ANY(%(default)s) THEN COALESCE(
               (SELECT (EXTRACT(YEAR FROM age(%(month)s, began.month)) * 12
                       + EXTRACT(MONTH FROM age(%(month)s, began.month)))::int
                FROM (SELECT MIN(late.month) AS month FROM collections_mgmt_loanmonth AS late
                      WHERE late.loan_id = row.loan_id AND late.month <= %(month)s
                        AND late.month > COALESCE((SELECT MAX(good.month) FROM collections_mgmt_loanmonth AS good
                            WHERE good.loan_id = row.loan_id AND good.month <= %(month)s
                              AND NOT good.bucket = ANY(%(default)s)), DATE '1900-01-01')) AS began), 0) ELSE 0 END
    FROM (
        SELECT * FROM collections_mgmt_loanmonth
        WHERE month = %(month)s AND currency = %(currency)s AND status = 'ACTIVE' AND loan_id > %(after)s
        ORDER BY loan_id LIMIT %(limit)s
    ) AS row
    LEFT JOIN repayments_loanbalance AS balance ON balance.loan_id = row.loan_id
    LEFT JOIN provisioning_loanprovision AS line ON line.run_id = %(previous)s AND line.loan_id = row.loan_id
    LEFT JOIN LATERAL (
        SELECT array_agg(demanded.month ORDER BY demanded.month) AS months,
               array_agg(demanded.principal ORDER BY demanded.month) AS principals,
               array_agg(demanded.interest ORDER BY demanded.month) AS interests
        FROM (
            SELECT ((EXTRACT(YEAR FROM due_on) - EXTRACT(YEAR FROM %(month)s)) * 12
                       + EXTRACT(MONTH FROM due_on) - EXTRACT(MONTH FROM %(month)s))::int AS month,
                   SUM(principal_minor)::bigint AS principal, SUM(interest_minor)::bigint AS interest
            FROM repayments_installment AS part
            WHERE part.loan_id = row.loan_id AND part.version = balance.schedule_version AND part.due_on > %(end)s
            GROUP BY 1
        ) AS demanded
    ) AS plan ON true
    ORDER BY row.loan_id
"""


def loans_at(
    month: date,
    *,
    month_end: date,
    currency: str,
    default_buckets: tuple[str, ...],
    looks_back: int,
    previous_id: int | None,
) -> Iterator[list[LoanAt]]:
    """
    Yield the running loans in batches, in the order of their ids.

    :param looks_back: month ends before this one whose stages are told.
    :param previous_id: the run that is compared with.
    """
    given: dict[str, Any] = {
        "month": month,
        "end": month_end,
        "since": add_months(month, -max(looks_back, 1)),
        "currency": currency,
        "default": list(default_buckets),
        "previous": previous_id,
        "limit": BATCH,
        "after": -1,
    }
    with connection.cursor() as cursor:
        # Its plan reads each loan by its key; compiling it anew for every batch costs more than it saves.
        cursor.execute("SET LOCAL jit = off")
        while True:
            cursor.execute(_LOANS, given)
            rows = cursor.fetchall()
            if not rows:
                return
            yield [_loan(row) for row in rows]
            given["after"] = rows[-1][0]


def _loan(row: Sequence[Any]) -> LoanAt:
    *plain, principal, overdue, due, accrued, months, principals, interests, lately, run_stage, default_months = row
    plan = dict(zip(months, zip(principals, interests, strict=True), strict=True)) if months else {}
    standing = Standing(principal, overdue, due, accrued, plan)
    return LoanAt(*[*plain, standing, lately, run_stage, default_months])


def loans_with_strong_warning(on: date) -> frozenset[int]:
    """Return the loans whose borrower had an open early warning with something strong in it at the end of a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT loan.id FROM loans_loan AS loan
            JOIN {WarningLead._meta.db_table} AS lead ON lead.borrower_id = loan.borrower_id
            WHERE lead.opened_on <= %(on)s AND (lead.closed_on IS NULL OR lead.closed_on > %(on)s)
              AND EXISTS (
                  SELECT FROM collections_mgmt_warningtrigger AS noticed
                  WHERE noticed.borrower_id = lead.borrower_id AND noticed.is_strong AND noticed.fired_on <= %(on)s
                    AND (noticed.ended_on IS NULL OR noticed.ended_on > %(on)s)
                    AND (noticed.loan_id IS NULL OR noticed.loan_id = loan.id)
              )
            """,  # noqa: S608 – the name of a table of ours
            {"on": on},
        )
        return frozenset(loan_id for (loan_id,) in cursor.fetchall())

"""
What a range of the book is worth at the end of a business date, summed by product, currency and state of arrears.

Every running loan is read, whether the night touched it or not, and nothing is written for it. The SQL says the same of
interest that is not yet due as `dashu.finance.accrued`; a test compares the two loan by loan.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from collections_mgmt.models import Dimension
from collections_mgmt.services.rows import named_rows
from collections_mgmt.services.snapshot import dimensions
from dashu.finance.arrears import Scale

GIVEN = "row.paid_interest_minor + row.waived_interest_minor"


def earned(since: str) -> str:
    """Return the SQL of `earned_interest` for a row whose interest runs from `since`."""
    return f"""
        CASE WHEN row.due_on <= {since} THEN row.interest_minor
             WHEN {since} >= %(on)s THEN LEAST(row.interest_minor, row.earned_interest_minor)
             ELSE LEAST(row.interest_minor, row.earned_interest_minor
                 + round((row.interest_minor - row.earned_interest_minor)::numeric
                         * (%(on)s - {since}) / (row.due_on - {since}))::bigint)
        END
    """


# What a payment holiday is still to earn stands in the later installments that demand it: `still_parked`.
STILL_PARKED = """
    CASE WHEN row.earned_interest_minor > 0 AND row.principal_minor + row.interest_minor + row.fee_minor = 0
         THEN row.earned_interest_minor - round(row.earned_interest_minor::numeric
             * GREATEST(0, %(on)s - row.period_from) / (row.due_on - row.period_from))::bigint
         ELSE 0 END
"""

ACCRUED = f"""
    GREATEST(0, CASE WHEN row.period_from IS NULL THEN row.earned_interest_minor
                     ELSE {earned("row.period_from")} END - ({GIVEN}))
"""

# An installment's interest runs from `period_from`, else from the latest due date of those before it, by days. So of
# the installments to come only the next one can run from a due date that is past; the others have earned nothing,
# unless they say so themselves. What is out of order was paid in advance when those around it moved, and adds nothing.
# The rows of each loan are asked for by its key: asked for a range at once, a database that holds twenty of them rather
# reads all installments for each.
_LOANS = f"""
    SELECT loan.id AS loan_id, loan.borrower_id, loan.partner_id, loan.source, loan.starts_on,
           product.code AS product, product.kind, loan.currency, balance.is_non_accrual,
           balance.principal_minor, COALESCE(status.days_past_due, 0) AS days_past_due,
           status.bucket, status.classification, NULLIF(status.stage, '') AS stage,
           COALESCE(status.principal_minor + status.interest_minor + status.fee_minor, 0) AS overdue_minor,
           CASE WHEN loan.interest_basis = 'daily' THEN 0 ELSE rows.interest_due_minor END AS interest_due_minor,
           rows.fee_due_minor,
           balance.penalty_charged_minor - balance.penalty_paid_minor - balance.penalty_waived_minor AS penalty_minor,
           CASE WHEN balance.is_non_accrual THEN 0
                WHEN loan.interest_basis = 'daily' THEN GREATEST(0, round(
                    (balance.interest_parts + balance.principal_minor::numeric * GREATEST(0, %(on)s - interest_through)
                        * (COALESCE(balance.annual_rate, loan.annual_rate) * 1000000)::bigint)
                    / (1000000::numeric * loan.interest_year_days))::bigint - balance.interest_collected_minor)
                ELSE rows.accrued_minor + COALESCE(next.accrued_minor, 0) END AS accrued_minor
    FROM loans_loan AS loan
    JOIN loans_productterms AS version ON version.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = version.product_id
    JOIN repayments_loanbalance AS balance ON balance.loan_id = loan.id
        AND balance.loan_id >= %(first)s AND balance.loan_id < %(end)s
    LEFT JOIN collections_mgmt_overduestatus AS status ON status.loan_id = loan.id
        AND status.loan_id >= %(first)s AND status.loan_id < %(end)s
    CROSS JOIN LATERAL (
        SELECT COALESCE(SUM(row.interest_minor - ({GIVEN})) FILTER (WHERE row.due_on <= %(on)s), 0)
                   AS interest_due_minor,
               COALESCE(SUM(row.fee_minor - row.paid_fee_minor - row.waived_fee_minor)
                   FILTER (WHERE row.due_on <= %(on)s), 0) AS fee_due_minor,
               COALESCE(SUM({ACCRUED}) FILTER (WHERE row.due_on > %(on)s)
                   - LEAST(SUM({STILL_PARKED}) FILTER (WHERE row.due_on > %(on)s),
                           SUM(LEAST({ACCRUED}, row.earned_interest_minor)) FILTER (WHERE row.due_on > %(on)s)), 0)
                   AS accrued_minor,
               MIN(row.number) FILTER (WHERE row.due_on > %(on)s) AS next_number,
               MAX(row.number) FILTER (WHERE row.due_on <= %(on)s) AS last_number,
               MAX(row.due_on) FILTER (WHERE row.due_on <= %(on)s) AS last_due_on
        FROM repayments_installment AS row
        WHERE row.loan_id = loan.id AND row.version = balance.schedule_version
    ) AS rows
    LEFT JOIN LATERAL (
        SELECT GREATEST(0, {earned("begun.since")} - ({GIVEN}))
                   - GREATEST(0, row.earned_interest_minor - ({GIVEN})) AS accrued_minor
        FROM repayments_installment AS row
        CROSS JOIN LATERAL (
            SELECT GREATEST(loan.starts_on, CASE
                WHEN rows.last_number > rows.next_number THEN (
                    SELECT MAX(before.due_on) FROM repayments_installment AS before
                    WHERE before.loan_id = loan.id AND before.version = row.version AND before.number < row.number
                ) ELSE rows.last_due_on END) AS since
        ) AS begun
        WHERE row.loan_id = loan.id AND row.version = balance.schedule_version AND row.number = rows.next_number
          AND row.period_from IS NULL
    ) AS next ON true
    WHERE loan.status = 'ACTIVE' AND loan.starts_on <= %(on)s AND loan.id >= %(first)s AND loan.id < %(end)s
"""  # noqa: S608 – constants of this module


# The state of a loan for `PortfolioDay`, and each of its dimensions for `PortfolioSlice`: one reading, summed each way.


def sums_of(loans: str) -> str:
    """
    Return the SQL that sums the rows of a subselect by state and by each dimension; `is_state` tells the two apart.

    :param loans: its rows have the columns of `STATE` and `MINOR`, and one of text for each dimension.
    """
    return f"""
        SELECT {", ".join(STATE)},
               CASE {" ".join(f"WHEN GROUPING({split}) = 0 THEN '{split}'" for split in SPLITS)} ELSE '' END
                   AS dimension,
               COALESCE({", ".join(SPLITS)}, '') AS value, GROUPING(classification) = 0 AS is_state,
               COUNT(*) AS loans, {", ".join(f"SUM({name})::bigint AS {name}" for name in MINOR)}
        FROM ({loans}) AS loan
        GROUP BY GROUPING SETS (({", ".join(STATE)}),
            {", ".join(f"(product, currency, bucket, {split})" for split in SPLITS)})
        ORDER BY 1, 2, 3, 4, 5, 6, 7
    """  # noqa: S608 – constants of this package


STATE = ("product", "currency", "bucket", "classification", "stage")
MINOR = (
    "principal_minor", "interest_due_minor", "fee_due_minor", "penalty_minor", "suspended_minor", "accrued_minor",
    "overdue_minor",
)  # fmt: skip
SLICE = (
    "product", "currency", "dimension", "value", "bucket", "loans", "principal_minor", "exposure_minor",
    "overdue_minor",
)  # fmt: skip
SPLITS: Mapping[Dimension, str] = {
    Dimension.REGION: dimensions.REGION,
    Dimension.SECTOR: dimensions.SECTOR,
    Dimension.CHANNEL: dimensions.CHANNEL,
    Dimension.RISK_BAND: dimensions.RISK_BAND,
    Dimension.VINTAGE: f"({dimensions.VINTAGE})::text",
}
SPLIT_COLUMNS = ", ".join(f"{value} AS {split}" for split, value in SPLITS.items())

_SUMS = sums_of(
    f"""
    SELECT loan.product, loan.currency, COALESCE(loan.bucket, %(bucket)s) AS bucket,
           COALESCE(loan.classification, %(tiers)s::jsonb ->> loan.kind) AS classification,
           COALESCE(loan.stage, %(stage)s) AS stage, {SPLIT_COLUMNS}, loan.principal_minor,
           CASE WHEN loan.is_non_accrual THEN 0 ELSE loan.interest_due_minor END AS interest_due_minor,
           loan.fee_due_minor, CASE WHEN loan.is_non_accrual THEN 0 ELSE loan.penalty_minor END AS penalty_minor,
           CASE WHEN loan.is_non_accrual THEN loan.interest_due_minor + loan.penalty_minor ELSE 0 END
               AS suspended_minor,
           loan.accrued_minor, loan.overdue_minor
    FROM ({_LOANS}) AS loan {dimensions.JOINS}
    """  # noqa: S608 – constants of this package
)


@dataclass(frozen=True, slots=True)
class RangeSums:
    """
    :param states: one row for each state, see `PortfolioDay`.
    :param slices: one row for each value of a dimension, by the fields of `SLICE`; as lists, which take less room.
    """

    states: list[dict[str, Any]]
    slices: list[list[Any]]


def sum_range(
    cursor: CursorWrapper,
    *,
    on: date,
    first: int,
    end: int,
    buckets: Scale,
    tiers: Mapping[str, Scale],
    stages: Scale | None,
) -> RangeSums:
    """
    Return the sums of the running loans from `first` up to `end` (excluded), by state and by dimension; minor units.

    `interest_due_minor` and `penalty_minor` of loans that are no longer accrued are in `suspended_minor` instead.

    :param stages: None where the pack knows no stages; the stage is "" then.
    """
    cursor.execute(
        _SUMS,
        {
            "on": on,
            "first": first,
            "end": end,
            "bucket": buckets.bands[0].code,
            "tiers": json.dumps({kind: scale.bands[0].code for kind, scale in tiers.items()}),
            "stage": stages.bands[0].code if stages else "",
            **dimensions.dimension_values(on),
        },
    )
    return range_sums(named_rows(cursor))


def range_sums(rows: Sequence[dict[str, Any]]) -> RangeSums:
    """Return the rows of `sums_of` as they are kept with a range."""
    return RangeSums(
        states=[{name: row[name] for name in (*STATE, "loans", *MINOR)} for row in rows if row["is_state"]],
        slices=[_slice(row) for row in rows if not row["is_state"]],
    )


def _slice(row: dict[str, Any]) -> list[Any]:
    carried = ("principal_minor", "interest_due_minor", "fee_due_minor", "penalty_minor", "accrued_minor")
    return [({**row, "exposure_minor": sum(row[name] for name in carried)})[name] for name in SLICE]


def accrued_by_loan(cursor: CursorWrapper, *, on: date, first: int, end: int) -> dict[int, int]:
    """Return `{loan id: interest earned and not yet due}` of the running loans of a range, in minor units."""
    cursor.execute(f"SELECT loan_id, accrued_minor FROM ({_LOANS}) AS loan", {"on": on, "first": first, "end": end})  # noqa: S608
    return dict(cursor.fetchall())

"""
`LoanMonth` of a range: the facts of its loans, with what a plan of relief, the scales and the dimensions add to them.

The close calls this on the last day of a month with what is known then; a rebuild calls it with the moment at which
that was, and so writes the same.
"""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Min

from collections_mgmt.models import CloseRange, CloseRun, LoanMonth
from collections_mgmt.models.snapshot import NEW
from collections_mgmt.services.overdue_sql import Scales
from collections_mgmt.services.snapshot import dimensions
from collections_mgmt.services.snapshot.facts_sql import Before, Days, add_facts, collect_facts
from collections_mgmt.services.snapshot.lived import facts_of

MINOR = (
    "original_minor", "principal_before_minor", "principal_minor", "interest_due_minor", "fee_due_minor",
    "penalty_minor", "suspended_minor", "accrued_minor", "overdue_minor", "overdue_principal_minor", "disbursed_minor",
    "expected_minor", "paid_principal_minor", "paid_interest_minor", "paid_fee_minor", "paid_penalty_minor",
    "prepaid_minor", "waived_minor", "written_off_minor", "recovered_minor",
)  # fmt: skip
TABLE = "collections_mgmt_loanmonth"
COLUMNS = (
    "month", "loan_id", "product", "kind", "currency", "region", "sector", "channel", "risk_band", "cause", "vintage",
    "months_on_book", "status", "bucket_before", "bucket", "classification", "stage", "days_past_due",
    "effective_days_past_due", "worst_days_past_due", "is_restructured", "is_prepaid", "annual_rate", "all_in_rate",
    *MINOR,
)  # fmt: skip


def known_now() -> datetime:
    """Return the moment by the clock that stamps the postings, later than all of this transaction so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def month_of(month_end: date, known_at: datetime) -> Days:
    """Return the days of the month that ends on a day; what is kept of the month before is looked up."""
    since = month_end.replace(day=1) - timedelta(days=1)
    return Days(since, month_end, known_at, _kept(since))


def _kept(month_end: date) -> Before | None:
    """Return what is kept of a month: its close was done, perhaps of an empty book, or it was rebuilt since."""
    month = month_end.replace(day=1)
    ranges = CloseRange.objects.filter(run__business_date=month_end, run__status=CloseRun.Status.CLOSED)
    known_at: datetime | None = ranges.aggregate(first=Min("known_at"))["first"]
    is_closed = known_at or CloseRun.objects.filter(business_date=month_end, status=CloseRun.Status.CLOSED).exists()
    if is_closed or LoanMonth.objects.filter(month=month).exists():
        return Before(month, known_at or datetime.min.replace(tzinfo=UTC))
    return None


def write_loan_months(
    cursor: CursorWrapper, *, month_end: date, known_at: datetime, first: int, end: int, scales: Scales
) -> int:
    """
    Write the month that ends on a day for the loans from `first` up to `end` (excluded); return how many it has.

    Run again, it is written anew. The cause of being overdue is written for the whole month, see `causes.py`.
    """
    cursor.execute(
        "DELETE FROM collections_mgmt_loanmonth WHERE month = %s AND loan_id >= %s AND loan_id < %s",
        [month_end.replace(day=1), first, end],
    )
    return write_loan_months_into(
        cursor, TABLE, month_end=month_end, known_at=known_at, first=first, end=end, scales=scales
    )


def write_loan_months_into(
    cursor: CursorWrapper, table: str, *, month_end: date, known_at: datetime, first: int, end: int, scales: Scales
) -> int:
    """Write the same into a table like that of `LoanMonth`, which has none of these rows yet."""
    days = month_of(month_end, known_at)
    gather(cursor, days, first=first, end=end)
    cursor.execute(_WRITE.format(target=table), scale_values(days, first, end, scales))
    return int(cursor.rowcount)


def gather(cursor: CursorWrapper, days: Days, *, first: int, end: int) -> None:
    """Fill `snapshot_facts` for the range."""
    add_facts(cursor, facts_of(collect_facts(cursor, days, first=first, end=end), days))


def scale_values(days: Days, first: int, end: int, scales: Scales) -> dict[str, Any]:
    stages = scales.stages
    return {
        **days.values(first, end),
        "month": days.on.replace(day=1),
        "month_before": days.since.replace(day=1),
        "new": NEW,
        "bucket_starts": [band.from_days for band in scales.buckets.bands],
        "bucket_codes": [band.code for band in scales.buckets.bands],
        "stage_starts": [band.from_days for band in stages.bands] if stages else [0],
        "stage_codes": [band.code for band in stages.bands] if stages else [""],
        "tiers": json.dumps(
            [
                {
                    "kind": kind,
                    "starts": [band.from_days for band in scale.bands],
                    "codes": [band.code for band in scale.bands],
                }
                for kind, scale in scales.tiers.items()
            ]
        ),
        **dimensions.dimension_values(days.on),
    }


# A loan that was running at neither end, and for which nothing came in, is in no month.
LOANS = """
    SELECT facts.*, loan.borrower_id, loan.partner_id, loan.source, loan.starts_on, loan.currency, loan.principal_minor,
           product.code AS product, product.kind, tier.starts, tier.codes, relief.tier_floor, relief.stage_floor,
           COALESCE(relief.is_restructured, false) AS is_restructured, facts.status = 'ACTIVE' AS is_running
    FROM snapshot_facts AS facts
    JOIN loans_loan AS loan ON loan.id = facts.loan_id
    JOIN loans_productterms AS version ON version.id = loan.product_terms_id
    JOIN loans_product AS product ON product.id = version.product_id
    JOIN jsonb_to_recordset(%(tiers)s) AS tier (kind text, starts int[], codes text[]) ON tier.kind = product.kind
    LEFT JOIN (
        SELECT plan.loan_id,
               bool_or(plan.flag <> '' AND NOT (
                   plan.status = 'WITHDRAWN' AND COALESCE(plan.ended_on, plan.accepted_on) <= %(on)s
               )) AS is_restructured,
               array_agg(plan.tier_floor::text) FILTER (WHERE held.is_held) AS tier_floor,
               array_agg(plan.stage_floor::text) FILTER (WHERE held.is_held) AS stage_floor
        FROM collections_mgmt_restructuringplan AS plan
        CROSS JOIN LATERAL (
            SELECT plan.observation_ended_on IS NULL OR plan.observation_ended_on > %(on)s AS is_held
        ) AS held
        WHERE plan.loan_id >= %(first)s AND plan.loan_id < %(end)s
          AND plan.accepted_on <= %(on)s AND plan.accepted_at < %(known_at)s
        GROUP BY plan.loan_id
    ) AS relief ON relief.loan_id = facts.loan_id
    WHERE facts.is_new OR facts.status_before = 'ACTIVE' OR facts.status = 'ACTIVE'
       OR (facts.paid_principal, facts.paid_interest, facts.paid_fee, facts.paid_penalty, facts.recovered)
          IS DISTINCT FROM (0, 0, 0, 0, 0)
"""

BUCKET = "(%(bucket_codes)s::text[])[width_bucket(loan.days, %(bucket_starts)s::int[])]"
_PLACE = "(SELECT MAX(array_position({codes}, floor)) FROM unnest(loan.{floors}) AS floor)"
CLASSIFICATION = "loan.codes[GREATEST(width_bucket(loan.days, loan.starts), {})]".format(
    _PLACE.format(codes="loan.codes", floors="tier_floor")
)
STAGE = "(%(stage_codes)s::text[])[GREATEST(width_bucket(loan.days, %(stage_starts)s::int[]), {})]".format(
    _PLACE.format(codes="%(stage_codes)s::text[]", floors="stage_floor")
)

# How late a loan ever was goes on from the month before. Without one, what is known is from the changes of its bucket.
_WORST = """
    GREATEST(loan.worst_days, COALESCE(earlier.worst_days_past_due, CASE WHEN NOT loan.is_new THEN (
        SELECT MAX(change.days_past_due) FROM collections_mgmt_overduechange AS change
        WHERE change.loan_id = loan.loan_id AND change.changed_on <= %(since)s) END, 0))
"""

_RUNS = "CASE WHEN loan.is_running THEN {} ELSE '' END"
_WRITE = f"""
    WITH loan AS ({LOANS})
    INSERT INTO {{target}} ({", ".join(COLUMNS)})
    SELECT %(month)s, loan.loan_id, loan.product, loan.kind, loan.currency, {dimensions.REGION}, {dimensions.SECTOR},
           {dimensions.CHANNEL}, {dimensions.RISK_BAND}, '', {dimensions.VINTAGE},
           12 * (EXTRACT(YEAR FROM %(on)s::date) - EXTRACT(YEAR FROM loan.starts_on))
               + EXTRACT(MONTH FROM %(on)s::date) - EXTRACT(MONTH FROM loan.starts_on),
           loan.status,
           CASE WHEN loan.is_new THEN %(new)s WHEN loan.status_before <> 'ACTIVE' THEN loan.status_before
                ELSE (%(bucket_codes)s::text[])[width_bucket(loan.days_before, %(bucket_starts)s::int[])] END,
           CASE WHEN loan.is_running THEN {BUCKET} ELSE loan.status END,
           {_RUNS.format(CLASSIFICATION)}, {_RUNS.format(STAGE)},
           loan.days, loan.effective_days, {_WORST}, loan.is_restructured, loan.is_prepaid, loan.annual_rate,
           {dimensions.ALL_IN_RATE}, loan.principal_minor, loan.principal_before, loan.principal, loan.interest_due,
           loan.fee_due, loan.penalty, loan.suspended, loan.accrued, loan.overdue, loan.overdue_principal,
           loan.disbursed, loan.expected, loan.paid_principal, loan.paid_interest, loan.paid_fee, loan.paid_penalty,
           loan.prepaid, loan.waived, loan.written_off, loan.recovered
    FROM loan
    LEFT JOIN collections_mgmt_loanmonth AS earlier
        ON earlier.loan_id = loan.loan_id AND earlier.month = %(month_before)s
        AND earlier.loan_id >= %(first)s AND earlier.loan_id < %(end)s
    {dimensions.JOINS}
"""  # noqa: S608 – constants of this package

"""What the months say: how loans moved between buckets, and what came in after defaults. Read from the snapshot."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from collections_mgmt.models import Dimension, PortfolioMonth
from dashu.kernel.dates import add_months
from dashu.policy import rules as policy
from dashu.provisioning.domain.matrix import DEFAULT, PREPAID
from dashu.provisioning.domain.recovery import RecoveryMonth

LOST = ("WRITTEN_OFF", "CHARGED_OFF")
LEFT = ("SOLD", "CANCELLED")
ALL = ""  # all products together


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of a day by whether a loan in them is in default, the best first."""

    running: tuple[str, ...]
    default: tuple[str, ...]

    @property
    def lost(self) -> tuple[str, ...]:
        """Where a loan is once it is in default, written off or not."""
        return (*self.default, *LOST)


def buckets_on(day: date, *, default_from_days: int) -> Buckets:
    bands = policy.delinquency_buckets(day).bands
    return Buckets(
        tuple(band.code for band in bands if band.from_days < default_from_days),
        tuple(band.code for band in bands if band.from_days >= default_from_days),
    )


Moves = dict[str, Counter[tuple[str, str]]]


def moves_between(first: date, last: date, *, currency: str, buckets: Buckets) -> Moves:
    """
    Return `{product: {(bucket before, state): loans}}` of the months from `first` to `last`, `ALL` being the sum.

    A loan that was settled early is PREPAID; one that ended on its last due date is not counted, nor is a new one.
    """
    rows = (
        PortfolioMonth.objects.filter(
            month__gte=first,
            month__lte=last,
            currency=currency,
            dimension=Dimension.ALL,
            bucket_before__in=buckets.running,
        )
        .values_list("product", "bucket_before", "bucket")
        .annotate(Sum("loans"), Sum("prepaid_loans"))
        .order_by()
    )
    moves: Moves = {ALL: Counter()}
    for product, before, bucket, loans, prepaid in rows:
        state, count = _state_of(bucket, loans, prepaid, buckets)
        if count:
            moves.setdefault(product, Counter())[before, state] += count
            moves[ALL][before, state] += count
    return moves


def _state_of(bucket: str, loans: int, prepaid: int, buckets: Buckets) -> tuple[str, int]:
    if bucket in buckets.lost:
        return DEFAULT, loans
    if bucket in buckets.running:
        return bucket, loans
    return PREPAID, loans if bucket in LEFT else prepaid


@dataclass(frozen=True, slots=True)
class Recoveries:
    """
    What came in after defaults, month by month.

    :param defaults: loans that fell into default. :param completed: those whose story has ended.
    :param monthly_rate: their effective rate of a month, weighted by what they owed at the default.
    """

    defaults: int = 0
    completed: int = 0
    monthly_rate: Decimal = Decimal(0)
    months: list[RecoveryMonth] = field(default_factory=list)


# A loan that is no longer running and pays nothing has no row in a month, so the months are counted out for each.
_RECOVERIES = """
    WITH entry AS MATERIALIZED (
        SELECT DISTINCT ON (loan_id) loan_id, month, product,
               principal_minor + interest_due_minor + fee_due_minor + penalty_minor + accrued_minor
                   + written_off_minor AS owed,
               CASE WHEN all_in_rate IS NULL THEN annual_rate / 12
                    ELSE power(1 + all_in_rate, 1 / 12.0) - 1 END AS rate
        FROM collections_mgmt_loanmonth
        WHERE month > %(before)s AND month <= %(last)s AND currency = %(currency)s
          AND bucket = ANY(%(lost)s) AND NOT bucket_before = ANY(%(lost)s) AND bucket_before <> 'NEW'
        ORDER BY loan_id, month
    ), seen AS (
        SELECT entry.loan_id, entry.product, entry.owed, n.n, (entry.month + n.n * interval '1 month')::date AS month
        FROM entry CROSS JOIN LATERAL generate_series(1, LEAST(%(workout)s,
            (EXTRACT(YEAR FROM %(last)s::date) - EXTRACT(YEAR FROM entry.month)) * 12
                + EXTRACT(MONTH FROM %(last)s::date) - EXTRACT(MONTH FROM entry.month))::int) AS n (n)
    ), paid AS (
        SELECT seen.loan_id, seen.product, seen.n, seen.owed,
               COALESCE(GREATEST(0, row.paid_principal_minor + row.paid_interest_minor + row.paid_fee_minor
                   + row.paid_penalty_minor + row.recovered_minor), 0) AS came
        FROM seen LEFT JOIN collections_mgmt_loanmonth AS row
            ON row.loan_id = seen.loan_id AND row.month = seen.month
            AND row.month > %(before)s AND row.month <= %(last)s
    ), missing AS (
        SELECT loan_id, product, n, came, GREATEST(0, owed - COALESCE(SUM(came) OVER (
                   PARTITION BY loan_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)) AS missing
        FROM paid
    )
"""
_BY_MONTH = f"""
    {_RECOVERIES}
    SELECT CASE WHEN GROUPING(product) = 1 THEN '' ELSE product END, n, COUNT(*) FILTER (WHERE missing > 0),
           SUM(missing)::bigint, SUM(LEAST(came, missing))::bigint
    FROM missing GROUP BY GROUPING SETS ((product, n), (n)) ORDER BY 1, 2
"""  # noqa: S608 – constants of this module
_BY_PRODUCT = f"""
    {_RECOVERIES}
    , ended AS (
        SELECT loan_id FROM missing GROUP BY loan_id
        HAVING COUNT(*) >= %(workout)s OR SUM(LEAST(came, missing)) = MAX(missing)
    )
    SELECT CASE WHEN GROUPING(product) = 1 THEN '' ELSE product END, COUNT(*), COUNT(ended.loan_id),
           COALESCE(round(SUM(owed * rate) / NULLIF(SUM(owed), 0), 12), 0)
    FROM entry LEFT JOIN ended USING (loan_id) GROUP BY GROUPING SETS ((product), ())
"""  # noqa: S608 – constants of this module


def recoveries_until(last: date, *, currency: str, buckets: Buckets, workout_months: int) -> dict[str, Recoveries]:
    """
    Return `{product: recoveries}` of the loans that fell into default in the workout's months up to `last`.

    What a loan paid counts up to what it owed at its default. A default has come to its end when its months are over or
    nothing is missing any more. A loan that was in default when it was taken over does not count.
    """
    given: dict[str, Any] = {
        "before": add_months(last, -workout_months),
        "last": last,
        "currency": currency,
        "lost": list(buckets.lost),
        "workout": workout_months,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_PRODUCT, given)
        found = {product: Recoveries(count, ended, rate) for product, count, ended, rate in cursor.fetchall()}
        cursor.execute(_BY_MONTH, given)
        rows: Sequence[Any] = cursor.fetchall()
    for product, _month, loans, missing, came in rows:
        found[product].months.append(RecoveryMonth(loans, missing, came))
    found.setdefault(ALL, Recoveries())
    return found

"""The sums of a day by state and by dimension, from the book's history: what the close sums up of what it finds."""

from collections.abc import Sequence
from datetime import date
from itertools import chain

from django.db import connection

from collections_mgmt.models import Dimension, PortfolioDay, PortfolioSlice
from collections_mgmt.services.book_portfolio import portfolio_of, slices_of
from collections_mgmt.services.overdue_sql import Scales
from collections_mgmt.services.portfolio_sql import MINOR, SLICE, SPLIT_COLUMNS, STATE, RangeSums, range_sums, sums_of
from collections_mgmt.services.rows import named_rows
from collections_mgmt.services.snapshot import dimensions
from collections_mgmt.services.snapshot.facts_sql import Days
from collections_mgmt.services.snapshot.months_sql import BUCKET, CLASSIFICATION, LOANS, STAGE, gather, scale_values

_SUMS = sums_of(
    f"""
    SELECT loan.product, loan.currency, {BUCKET} AS bucket, {CLASSIFICATION} AS classification, {STAGE} AS stage,
           {SPLIT_COLUMNS}, loan.principal AS principal_minor, loan.interest_due AS interest_due_minor,
           loan.fee_due AS fee_due_minor, loan.penalty AS penalty_minor, loan.suspended AS suspended_minor,
           loan.accrued AS accrued_minor, loan.overdue AS overdue_minor
    FROM ({LOANS}) AS loan {dimensions.JOINS} WHERE loan.is_running
    """  # noqa: S608 – constants of this package
)


def sum_past_range(days: Days, *, first: int, end: int, scales: Scales) -> RangeSums:
    """Return what `portfolio_sql.sum_range` returned, or would have, of the day on which these days end."""
    with connection.cursor() as cursor:
        gather(cursor, days, first=first, end=end)
        cursor.execute(_SUMS, scale_values(days, first, end, scales))
        return range_sums(named_rows(cursor))


def add_to_day(day: date, found: Sequence[RangeSums]) -> None:
    """
    Add the sums of loans that a close had left out to those that it kept, as if it had closed them.

    The caller holds `lock_part` of the day. What the ledger holds follows the latest day, which this never is.
    """
    kept = PortfolioDay.objects.filter(business_date=day)
    states = list(kept.values(*STATE, "loans", *MINOR))
    parts = PortfolioSlice.objects.filter(business_date=day)
    slices = list(parts.exclude(dimension=Dimension.ALL).values_list(*SLICE))
    days = portfolio_of(day, chain(states, *(sums.states for sums in found)))
    kept.delete()
    PortfolioDay.objects.bulk_create(days)
    parts.delete()
    PortfolioSlice.objects.bulk_create(slices_of(day, days, chain(slices, *(sums.slices for sums in found))))

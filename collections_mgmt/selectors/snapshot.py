"""Which months and days of the snapshot there are, so that a report tells a gap from an empty book."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Max, Min

from collections_mgmt.models import PortfolioMonth, PortfolioSlice
from dashu.kernel.dates import add_months
from loans.models import Loan


def months_there() -> list[date]:
    """Return the first days of the months of which there are sums, rising."""
    return list(PortfolioMonth.objects.order_by("month").values_list("month", flat=True).distinct())


def latest_month() -> date | None:
    """Return the first day of the latest month of which there are sums; None where there are none."""
    found: date | None = PortfolioMonth.objects.aggregate(latest=Max("month"))["latest"]
    return found


def latest_day() -> date | None:
    """Return the latest business date of which there are sums by dimension; None where there are none."""
    found: date | None = PortfolioSlice.objects.aggregate(latest=Max("business_date"))["latest"]
    return found


def days_there(first: date, last: date) -> list[date]:
    """Return the business dates within these days of which there are sums by dimension, rising."""
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, {"first": first, "last": last})
        return [day for (day,) in cursor.fetchall()]


# Looks at one row a day, however many a day has.
_DAYS = """
    SELECT day::date FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS day
    WHERE EXISTS (SELECT FROM collections_mgmt_portfolioslice AS part WHERE part.business_date = day::date)
    ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """Months of which nothing is kept though the book had loans, from `first` to `last`, each by its first day."""

    first: date
    last: date


def gaps(through: date | None = None) -> Sequence[Gap]:
    """
    Return the months without sums, from the month of the oldest loan to the latest one there is, or to that of a day.

    `manage.py rebuild_snapshot` fills them from the book.
    """
    there = set(months_there())
    paid_out = Loan.objects.exclude(status__in=Loan.NOT_PAID_OUT)
    first: date | None = paid_out.aggregate(first=Min("starts_on"))["first"]
    last = through.replace(day=1) if through else max(there, default=None)
    if first is None or last is None:
        return []
    found: list[Gap] = []
    month = first.replace(day=1)
    while month <= last:
        if month not in there:
            if found and found[-1].last == add_months(month, -1):
                found[-1] = Gap(found[-1].first, month)
            else:
                found.append(Gap(month, month))
        month = add_months(month, 1)
    return found

"""Cutting the book into ranges of loans, each of which a worker closes in a few seconds."""

from collections.abc import Iterator

from django.conf import settings
from django.db import connection

from collections_mgmt.models import CloseRange, CloseRun
from loans.models import Loan

FEWEST = 1_000


def plan_ranges() -> Iterator[CloseRange]:
    """
    Yield ranges of ids that hold all loans, as many in each as one worker closed in `CLOSE_RANGE_SECONDS` lately.

    A book that is small for that is cut further, so that all who may close at once have something to do, twice.
    """
    share = -(-Loan.objects.count() // (2 * settings.CLOSE_AT_ONCE))
    size = max(min(loans_of_a_range(), share), min(int(settings.CLOSE_RANGE_LOANS), FEWEST))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT MIN(id), MAX(id) + 1, COUNT(*)
            FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS part FROM loans_loan) AS loan
            GROUP BY part ORDER BY part
            """,
            [size],
        )
        for first, end, loans in cursor.fetchall():
            yield CloseRange(first_loan_id=first, end_loan_id=end, loans=loans)


def loans_of_a_range() -> int:
    """Return how many loans make a range; a book that is small, or new, says nothing of the speed."""
    usual = int(settings.CLOSE_RANGE_LOANS)
    last = CloseRun.objects.filter(status=CloseRun.Status.CLOSED).order_by("-business_date").first()
    if last is None or not settings.CLOSE_RANGE_SECONDS:
        return usual
    done = last.ranges.filter(status=CloseRange.Status.DONE).values_list("loans", "seconds")
    loans = sum(loans for loans, _seconds in done)
    seconds = sum(sum(seconds.values()) for _loans, seconds in done)
    if loans < usual or not seconds:
        return usual
    return min(max(int(loans / seconds * settings.CLOSE_RANGE_SECONDS), usual // 10), usual * 4)

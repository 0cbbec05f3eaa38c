"""
The nightly close of business dates, in order.

A date is closed when every range of its run is done or its one bad loan is quarantined. Runs are started under an
advisory lock, and a date starts only after the one before it is closed, so two beats, two commands or a command and a
worker cannot overlap.
"""

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import CloseRange, CloseRun
from collections_mgmt.services.book_portfolio import book_portfolio
from collections_mgmt.services.close_range import close_range
from dashu.kernel.errors import DomainError
from loans.models import Loan

_LOCK = 4_711_001


class DateNotOver(DomainError):
    """A business date is closed after its end, never before."""

    code = "date_not_over"


class NightsNotClosed(DomainError):
    """The nightly closes of an accounting period are not all done, so its interest and penalty are not all booked."""

    code = "nights_not_closed"
    http_status = 409


def owed_dates(*, to: date, today: date) -> Iterator[date]:
    """
    Yield the dates that are still to be closed up to `to`, oldest first; before any close, only `to`.

    :raises DateNotOver: `to` is today or later.
    """
    if to >= today:
        raise DateNotOver(
            _("%(date)s is not over yet. Close up to %(latest)s."),
            field="to",
            params={"date": to, "latest": today - timedelta(days=1)},
        )
    latest = CloseRun.objects.aggregate(latest=Max("business_date"))["latest"]
    if latest is None:
        yield to
        return
    running = CloseRun.objects.filter(status=CloseRun.Status.RUNNING).values_list("business_date", flat=True)
    yield from sorted(day for day in running if day <= to)
    day = latest + timedelta(days=1)
    while day <= to:
        yield day
        day += timedelta(days=1)


@transaction.atomic
def start_close(*, business_date: date) -> CloseRun:
    """Return the run of this date, made with its ranges if it does not exist yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    run, is_new = CloseRun.objects.get_or_create(business_date=business_date)
    if is_new:
        CloseRange.objects.bulk_create(
            CloseRange(run=run, first_loan_id=first, end_loan_id=end) for first, end in _ranges()
        )
    return run


def finish_close(*, run_id: int) -> CloseRun:
    """
    Book what follows from the whole night and mark the run closed, when no range waits any more.

    Safe to call at any time by anyone: only one caller finds the run still running.
    """
    run = CloseRun.objects.get(pk=run_id)
    if run.status == CloseRun.Status.CLOSED or next(waiting_ranges(run_id), None) is not None:
        return run
    with transaction.atomic():
        run = CloseRun.objects.select_for_update().get(pk=run_id)
        if run.status == CloseRun.Status.RUNNING:
            book_portfolio(run)
            run.status, run.ended_at = CloseRun.Status.CLOSED, timezone.now()
            run.save(update_fields=["status", "ended_at"])
    return run


def close_date(
    *, business_date: date, today: date, progress: Callable[[CloseRange], None] = lambda _range: None
) -> CloseRun:
    """Close one date in this process, range by range; a date that is already closed stays as it is."""
    run = start_close(business_date=business_date)
    while waiting := list(waiting_ranges(run.pk)):
        is_idle = True
        for range_id in waiting:
            if item := close_range(range_id=range_id, today=today):
                is_idle = False
                progress(item)
        if is_idle:  # other workers are at the ranges that are left
            time.sleep(0.2)
    return finish_close(run_id=run.pk)


def waiting_ranges(run_id: int) -> Iterator[int]:
    ranges = CloseRange.objects.filter(run_id=run_id, status=CloseRange.Status.WAITING)
    return iter(ranges.order_by("first_loan_id").values_list("pk", flat=True))


def summary(run: CloseRun) -> dict[str, object]:
    """Return the run's counts and seconds added up over its ranges, as plain values."""
    counts: dict[str, int] = {}
    seconds: dict[str, float] = {}
    ranges = list(CloseRange.objects.filter(run=run))
    for item in ranges:
        for name, count in item.counts.items():
            counts[name] = counts.get(name, 0) + count
        for name, spent in item.seconds.items():
            seconds[name] = round(seconds.get(name, 0.0) + spent, 4)
    return {
        "business_date": run.business_date.isoformat(),
        "status": run.status,
        "ranges": len(ranges),
        "quarantined": sum(item.status == CloseRange.Status.QUARANTINED for item in ranges),
        "counts": counts,
        "seconds": seconds,
        "elapsed_seconds": round((run.ended_at - run.started_at).total_seconds(), 3) if run.ended_at else None,
    }


def refuse_nights_not_closed(through: date) -> None:
    """
    Stand in the way of closing an accounting period before the nightly close of its last day is done.

    A period that ended before the first nightly close ever is not held up, nor one before the first loan.

    :raises NightsNotClosed: that close is missing or still runs.
    """
    first = CloseRun.objects.aggregate(first=Min("business_date"))["first"]
    is_done = (
        CloseRun.objects.filter(business_date=through, status=CloseRun.Status.CLOSED).exists()
        or (first is not None and through < first)
        or not Loan.objects.filter(starts_on__lte=through).exclude(status=Loan.Status.APPROVED).exists()
    )
    if not is_done:
        raise NightsNotClosed(
            _("The nightly close of %(date)s is not done yet. Close the days first, then the period."),
            field="through",
            params={"date": through},
        )


def _ranges() -> Iterator[tuple[int, int]]:
    bounds = Loan.objects.aggregate(first=Min("id"), last=Max("id"))
    if bounds["first"] is not None:
        step = settings.CLOSE_RANGE_LOANS
        for first in range(bounds["first"], bounds["last"] + 1, step):
            yield first, min(first + step, bounds["last"] + 1)

"""
The nightly close of business dates, in order.

A date is closed when every range of its run is done or its one bad loan is quarantined; a quarantined loan is tried
again with the next date. Runs are started under an advisory lock, and a date starts only after the one before it is
closed, so two beats, two commands or a command and a worker cannot overlap.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as time_of_day

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import CloseRange, CloseRun, StrategyPlace, StrategyVersion
from collections_mgmt.services.announce_behind import announce_behind
from collections_mgmt.services.book_portfolio import book_portfolio
from collections_mgmt.services.close_range import ACTOR, close_range, morning_of
from collections_mgmt.services.credit_months_sql import is_month_end
from collections_mgmt.services.files_sql import refresh_files
from collections_mgmt.services.holds import expire_holds
from collections_mgmt.services.leads_sql import decide_leads, end_triggers
from collections_mgmt.services.missed_credit_months import write_missed_month
from collections_mgmt.services.note_work import note_work
from collections_mgmt.services.people_warnings_sql import notice_of_people
from collections_mgmt.services.placements import bring_back
from collections_mgmt.services.plan_ranges import plan_ranges
from collections_mgmt.services.snapshot.missed_days import write_missed_days
from collections_mgmt.services.snapshot.months_sql import known_now
from collections_mgmt.services.snapshot.partitions import ensure_month
from collections_mgmt.services.snapshot.whole_months import write_whole_month
from collections_mgmt.services.steer_files import share_out_files
from collections_mgmt.services.strategies_sql import Night, follow_strategies
from collections_mgmt.services.strategy_trials import stop_unsafe_trials
from collections_mgmt.services.write_desk_figures import write_desk_figures
from dashu.alerts.services import end_alert, raise_alert
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from loans.models import Loan
from repayments.services.reconcile_day import reconcile_day

_LOCK = 4_711_001
STAFF_COME = time_of_day(6)


class DateNotOver(DomainError):
    """A business date is closed after its end, never before."""

    code = "date_not_over"


class CloseIsPaused(DomainError):
    """Somebody paused the close of this date; it goes on when somebody resumes it."""

    code = "close_is_paused"
    http_status = 409


class EarlierDateOpen(DomainError):
    """Dates are closed in order: the one before goes on, or was run again, in this moment."""

    code = "earlier_date_open"
    http_status = 409


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
    begun = CloseRun.objects.exclude(status=CloseRun.Status.CLOSED).values_list("business_date", flat=True)
    yield from sorted(day for day in begun if day <= to)
    day = latest + timedelta(days=1)
    while day <= to:
        yield day
        day += timedelta(days=1)


def start_close(*, business_date: date) -> CloseRun:
    """
    Return the run of this date, made with its ranges if it does not exist yet; holds that are over are ended.

    :raises EarlierDateOpen: an earlier date is not closed.
    """
    ensure_month(business_date.replace(day=1))
    run = _run_of(business_date)
    if run.status == CloseRun.Status.RUNNING:
        with _timed(run, "holds"):
            expired = expire_holds(on=business_date, actor=ACTOR)
        if expired or "holds_expired" not in run.counts:
            run.counts["holds_expired"] = run.counts.get("holds_expired", 0) + expired
            run.save(update_fields=["counts", "seconds"])
    return run


def lock_starts() -> None:
    """Let no date begin, and none be run again, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


@transaction.atomic
def _run_of(business_date: date) -> CloseRun:
    lock_starts()
    run, is_new = CloseRun.objects.get_or_create(business_date=business_date)
    if is_new:
        earlier = CloseRun.objects.filter(business_date__lt=business_date).exclude(status=CloseRun.Status.CLOSED)
        if open_date := earlier.values_list("business_date", flat=True).first():
            raise EarlierDateOpen(
                _("%(date)s waits until %(earlier)s is closed."),
                field="date",
                params={"date": business_date, "earlier": open_date},
            )
        ranges = list(plan_ranges())
        for item in ranges:
            item.run = run
        CloseRange.objects.bulk_create(ranges)
    return run


def finish_close(*, run_id: int, today: date) -> CloseRun:
    """Do as `end_close` does, and return the run as it is then."""
    return end_close(run_id=run_id, today=today) or CloseRun.objects.get(pk=run_id)


def end_close(*, run_id: int, today: date) -> CloseRun | None:
    """
    Book what follows from the whole night and mark the run closed, when no range waits any more.

    Safe to call at any time by anyone: only one caller finds the run still running. The book is reconciled when the
    date is yesterday; of an older one, it says nothing.

    :returns: the run, when this call ended it; None when it was not the time, or somebody else did.
    """
    run = CloseRun.objects.get(pk=run_id)
    if run.status != CloseRun.Status.RUNNING or waiting_ranges(run_id).exists():
        return None
    with transaction.atomic():
        run = CloseRun.objects.select_for_update().get(pk=run_id)
        # Since it was asked for, somebody else may have ended the close, and a person begun it again.
        if run.status != CloseRun.Status.RUNNING or waiting_ranges(run_id).exists():
            return None
        with _timed(run, "booked"):
            book_portfolio(run)
        run.counts["recovered"] = _recover_quarantined(run)
        with _timed(run, "early_warning"), connection.cursor() as cursor:
            run.counts.update(_warn_early(cursor, run.business_date))
        if is_month_end(run.business_date):
            with _timed(run, "months"):
                run.counts["months"] = write_whole_month(month_end=run.business_date, known_at=known_now())
        with _timed(run, "placements"):
            run.counts["placements_ended"] = bring_back(today=today, actor=ACTOR)
        with _timed(run, "files"), connection.cursor() as cursor:
            run.counts.update(refresh_files(cursor, on=run.business_date, actor=ACTOR))
            run.counts.update(_follow_strategies(cursor, run.business_date, today=today))
            note_work(cursor, since=run.business_date + timedelta(days=1))
            run.counts["files_given"] = share_out_files(now=timezone.now(), actor=ACTOR)
        with connection.cursor() as cursor:
            run.counts["fell_behind"] = announce_behind(cursor, run.business_date)
        run.status, run.ended_at = CloseRun.Status.CLOSED, timezone.now()
        run.times_closed += 1
        run.save(update_fields=["status", "ended_at", "times_closed", "counts", "seconds"])
        for kind in ("close.range_fails", "close.is_late"):
            end_alert(kind, subject=str(run.business_date))
    if run.business_date >= today - timedelta(days=1):
        _reconcile(run, today=today)
    _write_figures(run)
    return run


def _warn_early(cursor: CursorWrapper, on: date) -> Mapping[str, int]:
    """Note what became known of people, end what is over, and open and close the leads that follow."""
    try:
        rules = policy.early_warning(on)
    except PolicyRuleMissing:  # of a country for which nobody has written thresholds yet
        return {}
    ended = end_triggers(cursor, on=on)
    noticed = notice_of_people(cursor, on=on, rules=rules)
    return {"triggers_ended": ended, "triggers_of_people": noticed, **decide_leads(cursor, on=on, rules=rules)}


def _follow_strategies(cursor: CursorWrapper, on: date, *, today: date) -> Mapping[str, int]:
    """Stop what does harm, then put every file into its row and do what is due, unless its morning is over."""
    try:
        rules = policy.strategy_rules(on)
    except PolicyRuleMissing:  # of a country whose desk has no rules yet
        return {}
    if not StrategyVersion.objects.published().exists() and not StrategyPlace.objects.exists():
        return {}
    send_on = on + timedelta(days=1)
    stopped = stop_unsafe_trials(on=on, rules=rules.trial, actor=ACTOR)
    night = Night(on, send_on, morning_of(send_on))
    return {
        "trials_stopped": stopped,
        **follow_strategies(cursor, night, rules=rules, acts=send_on >= today),
    }


def close_date(
    *, business_date: date, today: date, progress: Callable[[CloseRange], None] = lambda _range: None
) -> CloseRun:
    """
    Close one date in this process, range by range; a date that is already closed stays as it is.

    :raises CloseIsPaused: somebody paused it, before or meanwhile.
    """
    run = start_close(business_date=business_date)
    while waiting := list(waiting_ranges(run.pk).values_list("pk", flat=True)):
        done = 0
        for range_id in waiting:
            if item := close_range(range_id=range_id, today=today):
                done += 1
                progress(item)
        if not done:  # other workers are at the ranges that are left
            refuse_paused(run.pk)
            time.sleep(0.2)
    refuse_paused(run.pk)
    return finish_close(run_id=run.pk, today=today)


def refuse_paused(run_id: int) -> None:
    run = CloseRun.objects.get(pk=run_id)
    if run.status == CloseRun.Status.PAUSED:
        raise CloseIsPaused(
            _("The close of %(date)s is paused. Resume it first."), field="date", params={"date": run.business_date}
        )


def waiting_ranges(run_id: int) -> QuerySet[CloseRange]:
    """Return the ranges that are not closed yet, those first that failed least often."""
    ranges = CloseRange.objects.filter(run_id=run_id, status=CloseRange.Status.WAITING)
    return ranges.order_by("attempts", "first_loan_id")


def note_when_late(*, business_date: date, now: datetime) -> None:
    """Raise an alert for a date that is not closed when the next morning begins."""
    due = datetime.combine(business_date + timedelta(days=1), STAFF_COME, tzinfo=now.tzinfo)
    if now >= due and CloseRun.objects.exists():
        raise_alert("close.is_late", subject=str(business_date), date=business_date)


def _recover_quarantined(run: CloseRun) -> int:
    """Mark the loans that earlier dates left out and this one closed, and write what they missed; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE collections_mgmt_closerange AS item SET status = 'RECOVERED'
            FROM collections_mgmt_closerun AS earlier
            WHERE item.status = 'QUARANTINED' AND earlier.id = item.run_id AND earlier.business_date < %(on)s
              AND NOT EXISTS (
                  SELECT FROM collections_mgmt_closerange AS again
                  WHERE again.run_id = %(run)s AND again.status = 'QUARANTINED'
                    AND again.first_loan_id = item.first_loan_id
              )
            RETURNING item.first_loan_id, earlier.business_date
            """,
            {"on": run.business_date, "run": run.pk},
        )
        left_out: list[tuple[int, date]] = cursor.fetchall()
    for loan_id, day in left_out:
        if is_month_end(day):
            write_missed_month(loan_id=loan_id, month_end=day)
    wrong = write_missed_days(left_out)
    for loan_id, error in wrong.items():
        again = CloseRange.objects.filter(first_loan_id=loan_id, status=CloseRange.Status.RECOVERED)
        again.filter(run__business_date__in=[day for one, day in left_out if one == loan_id]).update(
            status=CloseRange.Status.QUARANTINED, error=error
        )
    recovered = {loan_id for loan_id, _day in left_out} - wrong.keys()
    for loan_id in recovered:
        end_alert("close.loan_quarantined", subject=f"loan {loan_id}")
    return len(recovered)


def _reconcile(run: CloseRun, *, today: date) -> None:
    with _timed(run, "reconciled"):
        result = reconcile_day(on=today, actor=ACTOR)
    run.counts["differences"] = result.differences
    run.save(update_fields=["counts", "seconds"])
    if result.differences:
        raise_alert(
            "close.books_differ",
            subject=str(run.business_date),
            date=run.business_date,
            count=result.differences,
            loan=result.details[0].get("loan_id", "–"),
        )


def _write_figures(run: CloseRun) -> None:
    """Count what the desk did. The books are closed by now, whatever becomes of it."""
    with _timed(run, "figures"):
        run.counts["figures"] = write_desk_figures(through=run.business_date, now=timezone.now())
    run.save(update_fields=["counts", "seconds"])


@contextmanager
def _timed(run: CloseRun, step: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    run.seconds[step] = round(time.perf_counter() - started, 4)


def summary(run: CloseRun) -> dict[str, object]:
    """Return the counts and seconds of the run's ranges, added up, and of the run itself, as plain values."""
    counts: dict[str, int] = dict(run.counts)
    seconds: dict[str, float] = dict(run.seconds)
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
        or not Loan.objects.filter(starts_on__lte=through).exclude(status__in=Loan.NOT_PAID_OUT).exists()
    )
    if not is_done:
        raise NightsNotClosed(
            _("The nightly close of %(date)s is not done yet. Close the days first, then the period."),
            field="through",
            params={"date": through},
        )

"""How far a nightly close has come, how fast it goes, and what stands in its way."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from collections_mgmt.models import CloseRange, CloseRun

_RECENT = timedelta(seconds=60)
Status = CloseRange.Status


@dataclass(frozen=True, slots=True)
class Progress:
    """
    :param loans_done, loans: closed, and to be closed in all; quarantined loans count as neither open nor closed.
    :param per_second: loans closed a second in the last minute of work; None while nothing says it.
    :param expected_end: at that speed; None for a run that is closed, paused, or of unknown speed.
    :param failing: ranges that wait after an error, those first that failed most often.
    """

    loans_done: int
    loans: int
    ranges_done: int
    ranges: int
    quarantined: int
    per_second: float | None
    expected_end: datetime | None
    failing: tuple[CloseRange, ...]

    @property
    def percent(self) -> int:
        if self.ranges == 0:
            return 100
        if self.loans == 0:
            return 100 * self.ranges_done // self.ranges
        return 100 * self.loans_done // self.loans


def progress_of(run: CloseRun, *, now: datetime | None = None) -> Progress:
    """Return the progress of a run, in three queries."""
    now = now or timezone.now()
    is_over = ~Q(status=Status.WAITING)
    found = run.ranges.aggregate(
        ranges_in_all=Count("pk"),
        ranges_done=Count("pk", filter=is_over),
        loans_done=Sum("loans", filter=is_over, default=0),
        loans_in_all=Sum("loans", default=0),
        quarantined=Count("pk", filter=Q(status=Status.QUARANTINED)),
        last_end=Max("ended_at"),
    )
    until = found["last_end"] or now
    per_second = _speed(run, until)
    left = found["loans_in_all"] - found["loans_done"]
    is_going_on = run.status == CloseRun.Status.RUNNING and left > 0 and per_second
    return Progress(
        loans_done=found["loans_done"],
        loans=found["loans_in_all"],
        ranges_done=found["ranges_done"],
        ranges=found["ranges_in_all"],
        quarantined=found["quarantined"],
        per_second=per_second,
        expected_end=now + timedelta(seconds=left / per_second) if is_going_on and per_second else None,
        failing=tuple(run.ranges.filter(status=Status.WAITING).exclude(error="").order_by("-attempts", "pk")[:20]),
    )


def _speed(run: CloseRun, until: datetime) -> float | None:
    recent = run.ranges.filter(ended_at__gt=until - _RECENT, ended_at__lte=until).aggregate(
        closed=Sum("loans", default=0), began=Min("started_at")
    )
    if not recent["closed"] or not recent["began"]:
        return None
    seconds = (until - max(recent["began"], until - _RECENT)).total_seconds()
    return float(recent["closed"]) / seconds if seconds > 0 else None

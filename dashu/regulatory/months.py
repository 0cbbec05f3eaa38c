"""Which months a pack can be made of, and what stands in the way of the others."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import CloseRange, CloseRun, PortfolioMonth
from dashu.kernel.dates import LENDER_ZONE, add_months, midnight, month_end_of
from dashu.kernel.errors import DomainError


class MonthNotClosed(DomainError):
    """Of the month something is still to come; `details` says what."""

    code: ClassVar[str] = "month_not_closed"
    http_status: ClassVar[int] = 409


@dataclass(frozen=True, slots=True)
class Closed:
    """The close of one date. :param left_out: ranges of loans that are not closed."""

    on: date
    times: int
    ended_at: datetime
    left_out: int


@dataclass(frozen=True, slots=True)
class Month:
    """
    A calendar month of the lender's.

    :param first: its first day. :param closes: of its dates, in order. :param missing: the dates that are not closed.
    :param is_kept: the close kept the snapshot of it.
    """

    first: date
    closes: Sequence[Closed]
    missing: Sequence[date]
    is_kept: bool

    @property
    def last(self) -> date:
        return month_end_of(self.first)

    @property
    def since_at(self) -> datetime:
        return midnight(self.first)

    @property
    def until_at(self) -> datetime:
        """The moment that follows the month."""
        return midnight(add_months(self.first, 1))

    @property
    def parameters(self) -> dict[str, Any]:
        """The values that the statements of the sections take."""
        return {
            "month": self.first,
            "since": self.first,
            "until": self.last,
            "since_at": self.since_at,
            "until_at": self.until_at,
            "zone": LENDER_ZONE.key,
        }

    @property
    def left_out(self) -> int:
        return sum(each.left_out for each in self.closes)

    @property
    def closed_at(self) -> datetime:
        """When the latest of its closes ended; of a month with a pack there is one."""
        return max(each.ended_at for each in self.closes)

    @property
    def reason(self) -> str:
        """Why no pack can be made of it; "" where one can."""
        if self.missing:
            words = {"count": len(self.missing), "day": self.missing[0].isoformat()}
            return str(_("%(count)s dates are not closed, the first is %(day)s.") % words)
        if self.left_out:
            return str(_("%(count)s ranges of loans were left out of a close.") % {"count": self.left_out})
        return "" if self.is_kept and self.closes else str(_("The close kept no snapshot of it."))


def month_of(first: date) -> Month:
    return months_of([first])[0]


def months_of(firsts: Sequence[date]) -> list[Month]:
    """Return these months, in a fixed number of queries. :param firsts: their first days."""
    if not firsts:
        return []
    runs = CloseRun.objects.filter(
        business_date__range=(min(firsts), month_end_of(max(firsts))),
        status=CloseRun.Status.CLOSED,
        ended_at__isnull=False,
    ).order_by("business_date")
    waiting = (CloseRange.Status.WAITING, CloseRange.Status.QUARANTINED)
    left_out = Counter(CloseRange.objects.filter(run__in=runs, status__in=waiting).values_list("run_id", flat=True))
    closes: dict[date, list[Closed]] = defaultdict(list)
    for run in runs:
        assert run.ended_at is not None
        closed = Closed(run.business_date, run.times_closed, run.ended_at, left_out[run.pk])
        closes[run.business_date.replace(day=1)].append(closed)
    kept = set(PortfolioMonth.objects.filter(month__in=firsts).values_list("month", flat=True).distinct())
    began = CloseRun.objects.order_by("business_date").values_list("business_date", flat=True).first()
    return [Month(first, closes[first], _missing(first, closes[first], began), first in kept) for first in firsts]


def _missing(first: date, closes: Sequence[Closed], began: date | None) -> list[date]:
    """Return the dates that are not closed; a book that began within the month owes no close before it."""
    closed = {each.on for each in closes}
    days = (first + timedelta(days=number) for number in range((month_end_of(first) - first).days + 1))
    return [day for day in days if day not in closed and day >= (began or first)]


def complete_month(first: date) -> Month:
    """:raises MonthNotClosed: of the month something is missing."""
    month = month_of(first)
    if month.reason:
        raise MonthNotClosed(
            _("%(month)s cannot be reported yet: %(reason)s"),
            field="month",
            params={"month": f"{first:%Y-%m}", "reason": month.reason},
            details={"missing": [day.isoformat() for day in month.missing], "left_out": month.left_out},
        )
    return month


def months_to_show(*, today: date, count: int = 24) -> list[Month]:
    """Return the latest months of which a date was closed, the newest first; the running one is not over."""
    firsts = CloseRun.objects.filter(business_date__lt=today.replace(day=1)).dates("business_date", "month", "DESC")
    return months_of(list(firsts[:count]))

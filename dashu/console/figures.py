"""Sums over calls: how many, how they ended, how long they took."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Aggregate, Count, IntegerField, Q, QuerySet
from django.db.models.functions import TruncDay, TruncHour

from dashu.api.models import ApiCall
from dashu.kernel.dates import LENDER_ZONE

REFUSED = Q(status__gte=400, status__lt=500)
FAILED = Q(status__gte=500)
LIMITED = Q(status=429)


class Percentile(Aggregate):
    """The value below which so much of all values lies: one that occurs, not one between two."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = IntegerField()

    def __init__(self, expression: str, *, percent: int) -> None:
        super().__init__(expression, fraction=f"{percent // 100}.{percent % 100:02d}")


HALF = Percentile("milliseconds", percent=50)
MOST = Percentile("milliseconds", percent=95)


@dataclass(frozen=True, slots=True)
class Health:
    """
    How calls went since a moment. :ivar refused: with 4xx, `limited` among them; :ivar half: milliseconds in which half
    of the calls were answered, `most` 95 of 100; None without calls.
    """

    calls: int
    refused: int
    limited: int
    failed: int
    half: int | None
    most: int | None

    @property
    def answered(self) -> int:
        return self.calls - self.refused - self.failed


def health(calls: QuerySet[ApiCall], *, since: datetime) -> Health:
    sums = calls.filter(at__gte=since).aggregate(
        calls=Count("pk"),
        refused=Count("pk", filter=REFUSED),
        limited=Count("pk", filter=LIMITED),
        failed=Count("pk", filter=FAILED),
        half=HALF,
        most=MOST,
    )
    return Health(**sums)


def refusals(calls: QuerySet[ApiCall], *, since: datetime, most: int = 8) -> list[tuple[str, int, int]]:
    """Return (code, status, count) of what was not answered well, the most frequent first."""
    found = calls.filter(at__gte=since, status__gte=400).values_list("code", "status").annotate(count=Count("pk"))
    return list(found.order_by("-count", "code", "status")[:most])


def latencies(
    calls: QuerySet[ApiCall], *, since: datetime, until: datetime, by_day: bool
) -> dict[datetime, tuple[int, int]]:
    """Return (p50, p95) in milliseconds of each hour or lender's day that has any calls."""
    step: Any = TruncDay("at", tzinfo=LENDER_ZONE) if by_day else TruncHour("at", tzinfo=LENDER_ZONE)
    within = calls.filter(at__gte=since, at__lt=until).annotate(step=step).order_by()
    found: Any = within.values("step").annotate(half=HALF, most=MOST).values_list("step", "half", "most")
    return {moment: (half, most) for moment, half, most in found}

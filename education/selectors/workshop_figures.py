"""What came of a workshop: counts, and the feedback without anybody's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Avg, Count, Q

from education.models import Workshop, WorkshopFeedback, WorkshopRegistration

# Of fewer, a reader who was there could tell who said what.
SHOWN_FROM = 3
Status = WorkshopRegistration.Status


@dataclass(frozen=True, slots=True)
class Counts:
    """:param gave_back: had a place and gave it back."""

    seats: int
    waiting: int
    gave_back: int
    came: int
    moved_up: int
    feedback: int

    @property
    def share_that_came(self) -> Decimal | None:
        """Return which part of those with a seat came, as a fraction; None where nobody had one."""
        return Decimal(self.came) / self.seats if self.seats else None


@dataclass(frozen=True, slots=True)
class Summary:
    """:param averages: 1 to 5 by part, None below `SHOWN_FROM`. :param words: in an order that says nothing."""

    count: int
    averages: Mapping[str, Decimal] | None
    words: Sequence[str]


def counts_of(workshop: Workshop) -> Counts:
    rows = WorkshopRegistration.objects.filter(workshop=workshop)
    found = rows.aggregate(
        seats=Count("id", filter=Q(status=Status.REGISTERED)),
        waiting=Count("id", filter=Q(status=Status.WAITING)),
        gave_back=Count("id", filter=Q(status=Status.CANCELLED)),
        came=Count("id", filter=Q(checked_in_at__isnull=False)),
        moved_up=Count("id", filter=Q(moved_up_at__isnull=False)),
    )
    return Counts(**found, feedback=WorkshopFeedback.objects.filter(workshop=workshop).count())


def feedback_of(workshop: Workshop) -> Summary:
    rows = WorkshopFeedback.objects.filter(workshop=workshop)
    found = rows.aggregate(count=Count("id"), useful=Avg("useful"), clear=Avg("clear"), place=Avg("place"))
    count = found.pop("count")
    if count < SHOWN_FROM:
        return Summary(count, None, [])
    averages = {part: Decimal(str(value)).quantize(Decimal("0.1")) for part, value in found.items()}
    return Summary(count, averages, list(rows.exclude(words="").values_list("words", flat=True)[:200]))

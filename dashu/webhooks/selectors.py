"""Reading the feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, QuerySet
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.users.models import Partner, Viewer
from dashu.webhooks.models import FeedStart, PartnerEvent


class CursorExpired(DomainError):
    """What came right after this cursor was deleted: events are kept for 90 days."""

    code = "cursor_expired"
    http_status = 410


@dataclass(frozen=True, slots=True)
class FeedPage:
    """:param after: the position to go on from, the same as before where nothing is new."""

    events: Sequence[PartnerEvent]
    after: int
    has_more: bool


def feed_page(
    *,
    user: Viewer,
    partner: Partner,
    after: int | None,
    limit: int,
    types: Sequence[str] = (),
    subject: str = "",
) -> FeedPage:
    """
    Return the events of a partner after a position, oldest first.

    What is left out by `types` or `subject` is passed over: the position to go on from lies behind it.

    :param after: None for the oldest that is kept.
    :raises CursorExpired: events after this position were deleted.
    """
    if after is not None:
        _refuse_expired(partner, after)
    mine: QuerySet[Any] = PartnerEvent.objects.visible_to(user).filter(partner=partner)
    # Read first: what gets a position later lies behind it, and is found by the next page.
    newest = mine.aggregate(newest=Max("position"))["newest"] or 0
    found = mine.filter(position__gt=after or 0, position__lte=newest)
    if types:
        found = found.filter(type__in=types)
    if subject:
        found = found.filter(subject=subject)
    rows = list(found.order_by("position")[: limit + 1])
    has_more = len(rows) > limit
    rows = rows[:limit]
    return FeedPage(rows, rows[-1].position if has_more else max(newest, after or 0), has_more)


def _refuse_expired(partner: Partner, after: int) -> None:
    if FeedStart.objects.filter(partner=partner, deleted_through__gt=after).exists():
        raise CursorExpired(
            _(
                "Events after this cursor are gone: they are kept for 90 days. Read the resources themselves as they"
                " are now, then start the feed without a cursor."
            ),
            field="cursor",
        )

"""Where a borrower goes in the portal: the few tabs that every page shows."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import pgettext_lazy

from dashu.messaging.models import OutboxMessage
from dashu.users.models import User


class Room(NamedTuple):
    """:param begins: what the addresses of its pages begin with; the home page is its own only."""

    name: str | Promise
    icon: str
    page: str
    begins: tuple[str, ...]


ROOMS = (
    Room(pgettext_lazy("place", "Home"), "house", "portal:home", ("/loans/",)),
    Room(pgettext_lazy("place", "Pay"), "wallet", "portal:pay_together", ("/pay/", "/checkouts/")),
    Room(pgettext_lazy("place", "Help"), "life-buoy", "portal:help", ("/help/", "/plans/", "/complaints/")),
    Room(pgettext_lazy("place", "Learn"), "book-open", "education:lessons", ("/learn/",)),
    Room(
        pgettext_lazy("place", "Mine"),
        "user",
        "portal:mine",
        ("/me/", "/messages/", "/applications/", "/accounts/", "/documents/", "/credit-record/"),
    ),
)
MINE = ROOMS[-1]
MOST_UNREAD = 99


class Tab(NamedTuple):
    name: str | Promise
    icon: str
    address: str
    is_current: bool
    unread: "Unread | None" = None


class Unread:
    """How many messages wait to be read, asked for once, by the pages that show it."""

    def __init__(self, person: Any) -> None:
        self._person = person

    @cached_property
    def count(self) -> int:
        """One more than is shown, where there are more."""
        waiting = OutboxMessage.objects.visible_to(self._person).filter(borrower__user=self._person).unread()
        return waiting[: MOST_UNREAD + 1].count()


def tabs(request: HttpRequest) -> dict[str, Any]:
    """A context processor: the tabs of a signed-in borrower; nobody else has any."""
    person: Any = getattr(request, "user", None)
    if getattr(person, "role", None) != User.Role.BORROWER:
        return {"tabs": []}
    current = _current(request.path)
    unread = Unread(person)
    return {
        "tabs": [
            Tab(each.name, each.icon, reverse(each.page), each is current, unread if each is MINE else None)
            for each in ROOMS
        ],
        "unread": unread,
    }


def _current(path: str) -> Room | None:
    if path == "/":
        return ROOMS[0]
    return next((each for each in ROOMS if path.startswith(each.begins)), None)

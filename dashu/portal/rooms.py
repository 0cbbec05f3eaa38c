"""Where a borrower goes in the portal: the few tabs that every page shows."""

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

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
    Room(pgettext_lazy("place", "Help"), "life-buoy", "portal:help", ("/help/", "/complaints/")),
    Room(pgettext_lazy("place", "Learn"), "book-open", "education:lessons", ("/learn/",)),
    Room(
        pgettext_lazy("place", "Mine"),
        "user",
        "portal:mine",
        ("/me/", "/messages/", "/applications/", "/accounts/", "/documents/", "/credit-record/", "/complaints/"),
    ),
)


class Tab(NamedTuple):
    name: str | Promise
    icon: str
    address: str
    is_current: bool


def tabs(request: HttpRequest) -> dict[str, list[Tab]]:
    """A context processor: the tabs of a signed-in borrower; nobody else has any."""
    if not getattr(request, "user", None) or getattr(request.user, "role", None) != User.Role.BORROWER:
        return {"tabs": []}
    current = _current(request.path)
    return {"tabs": [Tab(each.name, each.icon, reverse(each.page), each is current) for each in ROOMS]}


def _current(path: str) -> Room | None:
    if path == "/":
        return ROOMS[0]
    return next((each for each in ROOMS if path.startswith(each.begins)), None)

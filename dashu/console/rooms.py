"""Where one goes in the console."""

from typing import NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy


class Room(NamedTuple):
    name: str | Promise
    icon: str
    page: str


class Tab(NamedTuple):
    name: str | Promise
    icon: str
    address: str
    is_current: bool


ROOMS = (
    Room(pgettext_lazy("console", "Overview"), "house", "console:overview"),
    Room(pgettext_lazy("console", "Keys"), "key-round", "console:keys"),
    Room(pgettext_lazy("console", "Usage"), "chart-line", "console:usage"),
    Room(pgettext_lazy("console", "Requests"), "history", "console:requests"),
    Room(pgettext_lazy("console", "Webhooks"), "globe", "console:hooks"),
    Room(pgettext_lazy("console", "Events"), "bell", "console:events"),
)


def tabs(path: str) -> list[Tab]:
    """Return every room; the one with the longest address that the path lies below is current."""
    addresses = [reverse(room.page) for room in ROOMS]
    here = max((address for address in addresses if path.startswith(address)), key=len, default=None)
    return [Tab(room.name, room.icon, address, address == here) for room, address in zip(ROOMS, addresses, strict=True)]

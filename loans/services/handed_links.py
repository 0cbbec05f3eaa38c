"""
Making a link for the partner that hands it on, and knowing the browser again in which its person showed who they are.

A link is short-lived and opens once at a time: making another ends the one before. Its token follows from the row's
own id by a key that is kept outside the database, so that the same request sent twice is answered with the same link
and yet no link can be read out of a backup.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.users.sealing import blind_index
from loans.models.handed_links import HandedLink

LASTS = timedelta(hours=24)
CONFIRMED_FOR = timedelta(minutes=30)
MOST_A_DAY = 10
SECRET_BYTES = 24
LONGEST_ADDRESS = 500


class ReturnAddressRefused(DomainError):
    """The address to go on at is not https, or its host is not one that the client registered."""

    code = "return_url_refused"


class ConfirmedLink(Protocol):
    """:ivar confirmation_hash: of the secret that a browser got at `confirmed_at`."""

    confirmed_at: datetime | None
    confirmation_hash: str

    def save(self, *, update_fields: list[str]) -> None: ...


def are_used_up(earlier: QuerySet[Any], *, now: datetime) -> bool:
    """Whether no more links are made today, after these."""
    return earlier.filter(made_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY


def keep_link(link: HandedLink, *, earlier: QuerySet[Any], now: datetime) -> None:
    """Keep a new link that holds from now on, and end those before it: one at a time opens."""
    earlier.filter(expires_at__gt=now).update(expires_at=now, confirmation_hash="")
    link.made_at, link.expires_at = now, now + LASTS
    link.token_hash = link.hash_of(link.token_of(link.public_id))
    link.save(force_insert=True)


def refuse_address(return_url: str, registered: Collection[str]) -> None:
    """
    Refuse to send people on to an address that the partner has not registered: a link of ours must lead nowhere else.

    :raises ReturnAddressRefused: see there.
    """
    if not return_url:
        return
    hosts = {host for address in registered if (host := _https_host(address))}
    given = _https_host(return_url)
    if given is None or given not in hosts or len(return_url) > LONGEST_ADDRESS:
        raise ReturnAddressRefused(
            _(
                "The address to go on at must begin with https:// and have a host that is registered for this client."
                " Ask the lender to register it."
            ),
            field="return_url",
        )


def way_back(return_url: str, told: dict[str, str]) -> dict[str, str | None] | None:
    """Return where the partner's pages go on, as `href` and `host`; None for nowhere. :param told: of how it ended."""
    if not return_url:
        return None
    parts = urlsplit(return_url)
    query = "&".join(each for each in (parts.query, urlencode(told)) if each)
    return {"href": urlunsplit(parts._replace(query=query)) if told else return_url, "host": parts.hostname}


def confirm_browser(link: ConfirmedLink, *, purpose: str, now: datetime) -> str:
    """Return a secret by which the browser of this moment is known again for half an hour."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    link.confirmed_at, link.confirmation_hash = now, blind_index(secret, purpose)
    link.save(update_fields=["confirmed_at", "confirmation_hash"])
    return secret


def is_confirmed(link: ConfirmedLink, confirmation: str, *, purpose: str, now: datetime) -> bool:
    """:param confirmation: the secret of this browser; "" where it has none."""
    if not confirmation or link.confirmed_at is None or link.confirmed_at + CONFIRMED_FOR <= now:
        return False
    return secrets.compare_digest(link.confirmation_hash, blind_index(confirmation, purpose))


def _https_host(address: str) -> str | None:
    """Return host and port of an https address that says nothing about who calls; None of any other."""
    if not address.isascii() or not address.isprintable() or "\\" in address or " " in address:
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or parts.fragment:
        return None
    return f"{parts.hostname}:{port or 443}"

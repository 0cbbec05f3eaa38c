"""
Where events may be posted to: public servers, and nothing inside a network of ours or of a cloud.

An address is checked when it is entered, for its form, and each time before it is used, for what its name leads to.
What is connected to is exactly what was checked: a name that answers otherwise the second time is not asked again.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.webhooks.names import NameNotResolved, resolve

MOST_CHARACTERS = 500
PORTS = frozenset({443, 8443})

# The special-purpose registries of IANA, and what clouds answer metadata on.
_REFUSED_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
# Of IPv6 only what is given out to the public is reached, less what carries another address inside.
_PUBLIC_6 = IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


class WebhookUrlRefused(DomainError):
    """The address is not one that events are posted to; `details.reason` says why."""

    code = "webhook_url_refused"


class AddressNotAllowed(Exception):
    """The name leads to an address that is not public."""


@dataclass(frozen=True, slots=True)
class Target:
    """:param host: without brackets. :param path: with the query, as it stands in the request line."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


_DEFAULT_PORTS = {"https": 443, "http": 80}


def read_target(url: str) -> Target:
    """
    Return the parts of an address that may be posted to, by its form alone.

    :raises WebhookUrlRefused: it is not HTTPS, names somebody who signs in, or a port that is not allowed.
    """
    if len(url) > MOST_CHARACTERS or not url.isascii() or any(not "!" <= sign <= "~" for sign in url):
        raise _refused("form")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        raise _refused("form") from error
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.fragment or "\\" in url:
        raise _refused("form")
    if parts.username is not None or parts.password is not None:
        raise _refused("credentials")
    is_local = settings.WEBHOOKS["ALLOW_LOOPBACK"] and _is_loopback_name(host)
    if parts.scheme != "https" and not is_local:
        raise _refused("not_https")
    port = port if port is not None else _DEFAULT_PORTS[parts.scheme]
    if port not in PORTS and not is_local:
        raise _refused("port")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, host, port, path)
    if (literal := _literal(host)) is not None and not is_public(literal) and not is_local:
        raise _refused("not_public")
    return target


def addresses_of(target: Target, *, whose: int, seconds: float) -> list[str]:
    """
    Return the addresses that the name leads to, all of which may be connected to.

    :param whose: id of the partner whose endpoint it is.
    :raises NameNotResolved: in this time. :raises AddressNotAllowed: at least one of them is not public.
    """
    addresses = resolve(target.host, target.port, whose=whose, seconds=seconds)
    if not addresses:
        raise NameNotResolved("no address")
    for address in addresses:
        if not _may_be_reached(address):
            raise AddressNotAllowed(target.host)
    return addresses


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is somebody's own place in the public network; forms that carry another address inside are none."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_4)
    return address in _PUBLIC_6 and not any(address in network for network in _REFUSED_6)


def _may_be_reached(text: str) -> bool:
    address = _literal(text)
    if address is None:  # with the zone of an interface, so a neighbor
        return False
    return is_public(address) or bool(settings.WEBHOOKS["ALLOW_LOOPBACK"] and address.is_loopback)


def _literal(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if isinstance(address, IPv6Address) and address.scope_id else address


def _is_loopback_name(host: str) -> bool:
    literal = _literal(host)
    return host == "localhost" or (literal is not None and literal.is_loopback)


def _refused(reason: str) -> WebhookUrlRefused:
    return WebhookUrlRefused(_SENTENCES[reason], field="url", details={"reason": reason})


_SENTENCES = {
    "form": _("Give a whole address such as https://partner.example/dashu, in ASCII and without a fragment."),
    "credentials": _("The address must not name a user or a password. We sign what we send instead."),
    "not_https": _("The address must begin with https://."),
    "port": _("This port is not allowed. Use 443 or 8443."),
    "not_public": _("This address is not public, so nothing is sent to it."),
}

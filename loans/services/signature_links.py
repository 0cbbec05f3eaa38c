"""
The links by which applicants sign who have no login: made for the partner that brought them, which hands them on.

A link is short-lived and opens once at a time: making another ends the one before. Its token follows from the row's
own id by a key that is kept outside the database, so that the same request sent twice is answered with the same link
and yet no link can be read out of a backup. What it opens is bound to the applicant's phone, see `open_signature`.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.messaging.links import public_address
from dashu.users.sealing import blind_index
from loans.models import SignatureLink
from loans.services.application_rows import lock_application
from loans.services.disclose_costs import chosen_offer
from loans.services.signing_codes import IdentityMissing, refuse_unsendable

LASTS = timedelta(hours=24)
MOST_A_DAY = 10
TOKEN_DIGITS = 48
LONGEST_ADDRESS = 500


class ReturnAddressRefused(DomainError):
    """The address to go on at is not https, or its host is not one that the client registered."""

    code = "return_url_refused"


class TooManySignatureLinks(DomainError):
    """No more links are made for this application today."""

    code = "signature_links_used_up"
    http_status = 429


@transaction.atomic
def make_signature_link(
    *, application_id: int, return_url: str, registered: Collection[str], now: datetime, actor: str
) -> SignatureLink:
    """
    Make a link for the applicant of an application whose offer is chosen. A link made before no longer opens.

    :param return_url: where the partner's pages go on; "" for nowhere.
    :param registered: addresses of the client; only their hosts may be gone on to.
    :raises ReturnAddressRefused, TooManySignatureLinks, IdentityMissing, CodesNotSent: see there.
    :raises ApplicationStateChanged, OfferLapsed, OfferOutdated: there is nothing to sign.
    """
    refuse_address(return_url, registered)
    application = lock_application(application_id)
    chosen_offer(application, now=now)
    identity = getattr(application.borrower, "identity", None)
    if identity is None:
        raise IdentityMissing(_("We do not know yet who signs. Fill in the step about yourself."), field="person")
    refuse_unsendable()
    earlier = SignatureLink.objects.filter(application=application)
    if earlier.filter(made_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise TooManySignatureLinks(_("No more links can be made for this application today."))
    earlier.filter(expires_at__gt=now).update(expires_at=now, confirmation_hash="")
    link = SignatureLink(
        application=application,
        return_url=return_url,
        phone_shown=identity.masked_phone,
        made_at=now,
        expires_at=now + LASTS,
    )
    link.token_hash = token_hash(token_of(link.public_id))
    link.save(force_insert=True)
    audit.record(
        action="loans.signature_link_made",
        subject_type="application",
        subject_id=application.reference,
        actor=actor,
        data={"phone": link.phone_shown, "goes_on_at": urlsplit(return_url).hostname or ""},
    )
    return link


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


def token_of(public_id: UUID) -> str:
    return blind_index(str(public_id), "loans.signature_token")[:TOKEN_DIGITS]


def token_hash(token: str) -> str:
    return blind_index(token, "loans.signature_link")


def link_address(public_id: UUID) -> str:
    """Return the address of the link with this `public_id`."""
    return public_address(reverse("signature", args=[token_of(public_id)]))


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

"""
The links by which applicants sign who have no login: made for the partner that brought them, which hands them on.

What a link opens is bound to the applicant's phone, see `open_signature`.
"""

from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.messaging.links import public_address
from loans.models import SignatureLink
from loans.services.application_rows import lock_application
from loans.services.disclose_costs import chosen_offer
from loans.services.handed_links import are_used_up, keep_link, refuse_address
from loans.services.signing_codes import IdentityMissing, refuse_unsendable


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
    if are_used_up(earlier, now=now):
        raise TooManySignatureLinks(_("No more links can be made for this application today."))
    link = SignatureLink(application=application, return_url=return_url, phone_shown=identity.masked_phone)
    keep_link(link, earlier=earlier, now=now)
    audit.record(
        action="loans.signature_link_made",
        subject_type="application",
        subject_id=application.reference,
        actor=actor,
        data={"phone": link.phone_shown, "goes_on_at": urlsplit(return_url).hostname or ""},
    )
    return link


def link_address(public_id: UUID) -> str:
    """Return the address of the link with this `public_id`."""
    return public_address(reverse("signature", args=[SignatureLink.token_of(public_id)]))

"""
The link by which a borrower without a login reads what is offered and answers it, handed on by a partner.

It opens a page that asks for a code sent to the borrower's own phone; a partner can accept nothing by it.
"""

from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import ReliefLink
from collections_mgmt.services.relief.offer_codes import phone_of
from collections_mgmt.services.relief.writing import lock_set, note, refuse_ended
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.kernel.masking import masked_phone
from dashu.messaging.links import public_address
from loans.services.handed_links import are_used_up, keep_link, refuse_address
from loans.services.signing_codes import IdentityMissing, refuse_unsendable


class TooManyReliefLinks(DomainError):
    """No more links are made for this offer today."""

    code = "relief_links_used_up"
    http_status = 429


@transaction.atomic
def make_relief_link(
    *, set_id: int, return_url: str, registered: Collection[str], now: datetime, actor: str
) -> ReliefLink:
    """
    Make a link to an offer that waits for its answer. A link made before no longer opens.

    :param return_url: where the partner's pages go on; "" for nowhere.
    :param registered: addresses of the client; only their hosts may be gone on to.
    :raises ReturnAddressRefused, TooManyReliefLinks, IdentityMissing, CodesNotSent: see there.
    :raises OfferNotFound: there is none. :raises OfferNotOpen: there is nothing to answer.
    """
    refuse_address(return_url, registered)
    offered = lock_set(set_id)
    refuse_ended(offered, today=lender_date(now))
    phone = phone_of(offered.borrower)
    if not phone:
        raise IdentityMissing(_("We have no phone number of this borrower to send a code to."), field="phone")
    refuse_unsendable()
    earlier = ReliefLink.objects.filter(offer_set=offered)
    if are_used_up(earlier, now=now):
        raise TooManyReliefLinks(_("No more links can be made for this offer today."))
    link = ReliefLink(offer_set=offered, return_url=return_url, phone_shown=masked_phone(phone))
    keep_link(link, earlier=earlier, now=now)
    note("link_made", offered, actor, phone=link.phone_shown, goes_on_at=urlsplit(return_url).hostname or "")
    return link


def link_address(public_id: UUID) -> str:
    """Return the address of the link with this `public_id`."""
    return public_address(reverse("relief_link", args=[ReliefLink.token_of(public_id)]))

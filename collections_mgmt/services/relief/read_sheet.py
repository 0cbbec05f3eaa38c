"""
What a plan costs and changes is read before it is signed, for as long as a cost sheet is before a contract.

The server keeps when the sheet was opened; a page cannot shorten it. A sheet is of one state of a way: with other
figures, or on another day, it is opened anew. Source: domain notes 1.2, cost sheets with a forced reading time.
"""

from datetime import datetime, timedelta
from math import ceil

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import RestructuringOffer
from collections_mgmt.services.relief.writing import OfferNotFound, lock_set
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy


class SheetReadTooBriefly(DomainError):
    """The sheet is not open long enough to have been read; `details` says how many seconds are left."""

    code = "relief_sheet_read_too_briefly"
    http_status = 409


@transaction.atomic
def open_sheet(*, offer_id: int, now: datetime, actor: str) -> int:
    """
    Note that the sheet of a way is open, and return the seconds until it can be signed.

    Opened before, the time runs on.

    :raises OfferNotFound: there is none.
    """
    set_id = RestructuringOffer.objects.filter(pk=offer_id).values_list("offer_set_id", flat=True).first()
    if set_id is None:
        raise OfferNotFound(_("There is no such offer."))
    offered = lock_set(set_id)
    offer = RestructuringOffer.objects.get(pk=offer_id)
    if offer.sheet_digest != offer.digest:
        offer.sheet_digest, offer.sheet_opened_at = offer.digest, now
        offer.save(update_fields=["sheet_digest", "sheet_opened_at"])
        audit.record(
            action="collections.offer_sheet_opened",
            subject_type="loan",
            subject_id=offer.loan_id,
            actor=actor,
            data={"offer": offered.reference, "way": offer.number, "digest": offer.digest},
        )
    return seconds_left(offer, now=now)


def seconds_left(offer: RestructuringOffer, *, now: datetime) -> int:
    """Return how long the sheet has to be read still; 0 once it was long enough."""
    needed = timedelta(seconds=policy.credit_disclosure(lender_date(now)).reading_seconds)
    opened_at = offer.sheet_opened_at if offer.sheet_digest == offer.digest else None
    return max(0, ceil(((opened_at or now) + needed - now).total_seconds()))


def refuse_unread(offer: RestructuringOffer, *, now: datetime) -> None:
    """:raises SheetReadTooBriefly: see there."""
    if left := seconds_left(offer, now=now):
        raise SheetReadTooBriefly(
            _("Take your time: you can go on in %(seconds)s s."),
            params={"seconds": left},
            details={"seconds_left": left},
        )

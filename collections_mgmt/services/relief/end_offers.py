"""A borrower declines what was offered, or a person takes it back; the loan goes on as its contract says."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import OfferSet
from collections_mgmt.services.relief.writing import OfferNotOpen, ReliefRefused, end_set, lock_set, note
from dashu.kernel.dates import lender_date


@transaction.atomic
def decline_offers(*, set_id: int, now: datetime, actor: str) -> OfferSet:
    """
    Decline all ways of a set. Declined before, nothing changes.

    :raises OfferNotFound: there is none. :raises OfferNotOpen: it has ended otherwise.
    """
    offered = lock_set(set_id)
    if offered.status == OfferSet.Status.DECLINED:
        return offered
    if not offered.is_open:
        raise OfferNotOpen(_("This offer has ended already."))
    end_set(offered, OfferSet.Status.DECLINED, today=lender_date(now), actor=actor)
    note("declined", offered, actor)
    return offered


@transaction.atomic
def take_offers_back(*, set_id: int, reason: str, now: datetime, actor: str) -> OfferSet:
    """
    Take back what was not accepted yet. Taken back before, nothing changes.

    :raises OfferNotFound: there is none. :raises OfferNotOpen: it has ended otherwise.
    :raises ReliefRefused: no reason is given.
    """
    offered = lock_set(set_id)
    if offered.status == OfferSet.Status.TAKEN_BACK:
        return offered
    if not offered.is_open:
        raise OfferNotOpen(_("Only an offer that waits for its answer can be taken back; what is accepted binds us."))
    if not reason.strip():
        raise ReliefRefused(_("Say why, so that those who come after you can understand it."), field="reason")
    end_set(offered, OfferSet.Status.TAKEN_BACK, today=lender_date(now), actor=actor, reason=reason.strip())
    note("taken_back", offered, actor, reason=offered.end_reason)
    return offered

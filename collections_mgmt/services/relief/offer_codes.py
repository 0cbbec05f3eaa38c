"""One-time codes by which a borrower accepts an offer: asked for, sent and tried, as `loans.services.signing_codes`."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import OfferCode, OfferSet, RestructuringOffer
from collections_mgmt.services.asked import lock_borrower
from collections_mgmt.services.relief.read_sheet import refuse_unread
from collections_mgmt.services.relief.writing import (
    OfferNotFound,
    OfferNotOpen,
    after_events,
    lock_set,
    refuse_ended,
    refuse_held,
)
from dashu import events
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.kernel.masking import masked_phone
from dashu.users.models import Borrower
from loans.services.signing_codes import (
    MOST_A_DAY,
    IdentityMissing,
    TooManyCodes,
    hand_over,
    no_code_holds,
    not_this_code,
    refuse_too_many_codes,
    refuse_unsendable,
)


class OfferOutdated(DomainError):
    """The loan or the day is no longer the one that the offer was quoted for; quoted anew it can be accepted."""

    code = "relief_offer_outdated"
    http_status = 409


def lock_offer(offer_id: int) -> tuple[OfferSet, RestructuringOffer]:
    """
    Lock a way of an offer after its set, and that after its loans.

    :raises OfferNotFound: there is none.
    """
    set_id = RestructuringOffer.objects.filter(pk=offer_id).values_list("offer_set_id", flat=True).first()
    if set_id is None:
        raise OfferNotFound(_("There is no such offer."))
    offered = lock_set(set_id)
    return offered, RestructuringOffer.objects.select_related("loan").get(pk=offer_id)


def refuse_outdated(offered: OfferSet, offer: RestructuringOffer, *, now: datetime) -> None:
    """
    Refuse a way that cannot be accepted at this moment.

    :raises OfferNotOpen: it has ended, no longer fits, or a hold stands against new terms.
    :raises OfferOutdated: another day has begun, or something happened on a loan, since it was quoted.
    """
    refuse_ended(offered, today=lender_date(now))
    refuse_held(offered)
    if offer.status != RestructuringOffer.Status.OFFERED:
        raise OfferNotOpen(_("This way no longer fits your loan. Choose another one."))
    refuse_moved(offered, now=now)


def refuse_moved(offered: OfferSet, *, now: datetime) -> None:
    """
    :raises OfferNotOpen: the set has ended. :raises OfferOutdated: its figures are of another day or another loan.
    """
    today = lender_date(now)
    refuse_ended(offered, today=today)
    loan_ids = list(offered.loans.values_list("loan_id", flat=True))
    if offered.quoted_on != today or offered.after_events != after_events(offered.borrower_id, loan_ids):
        raise OfferOutdated(_("Your loan has changed since this was worked out. Look at the new figures, then decide."))


@transaction.atomic
def ask_offer_code(*, offer_id: int, now: datetime, actor: str) -> OfferCode:
    """
    Make a code for an offer as it is at this moment and have it sent. A code made before for its set no longer holds.

    :raises OfferNotFound, OfferNotOpen, OfferOutdated: see `refuse_outdated`.
    :raises SheetReadTooBriefly: what it costs was not open long enough.
    :raises IdentityMissing, CodeTooSoon, TooManyCodes, CodesNotSent: see there.
    """
    offered, offer = lock_offer(offer_id)
    refuse_outdated(offered, offer, now=now)
    refuse_unread(offer, now=now)
    phone = phone_of(offered.borrower)
    if not phone:
        raise IdentityMissing(_("We have no phone number of yours to send a code to. Call us, or write to us."))
    refuse_unsendable()
    earlier = OfferCode.objects.filter(offer__offer_set=offered)
    _refuse_too_many(earlier, borrower_id=offered.borrower_id, now=now)
    earlier.end(now=now)
    made = OfferCode.made(now=now, offer=offer, digest=offer.digest, phone_shown=masked_phone(phone))
    audit.record(
        action="collections.offer_code_asked",
        subject_type="loan",
        subject_id=offer.loan_id,
        actor=actor,
        data={"offer": offered.reference, "way": offer.number, "phone": made.phone_shown},
    )
    events.publish("collections_mgmt.offer_code_asked", code_id=made.pk)
    return made


def _refuse_too_many(earlier: QuerySet[OfferCode], *, borrower_id: int, now: datetime) -> None:
    """
    Let one follow another after a pause, and only so many go to one person in a day, however many sets they are for.

    :param earlier: codes of the set. :raises CodeTooSoon, TooManyCodes: see there.
    """
    lock_borrower(borrower_id)
    used_up = _("No more codes can be sent today. The offer is kept; go on tomorrow.")
    since = now - timedelta(days=1)
    moments = earlier.filter(made_at__gt=since).values_list("made_at", flat=True)
    refuse_too_many_codes(moments, now=now, used_up=used_up)
    if OfferCode.objects.filter(offer__offer_set__borrower=borrower_id, made_at__gt=since).count() >= MOST_A_DAY:
        raise TooManyCodes(used_up)


def send_offer_code(*, code_id: int, now: datetime) -> bool:
    """
    Send a code that still holds, once; return whether it went out now. Calls the gateway: not in a transaction.

    :raises NotDelivered: the gateway did not take it; sending it again is the same message.
    """
    found = OfferCode.objects.select_related("offer__offer_set__borrower").get(pk=code_id)
    if not found.waits_to_be_sent(now=now):
        return False
    borrower = found.offer.offer_set.borrower
    with translation.override(borrower.language):
        text = gettext(
            "%(code)s is your code to accept offer %(reference)s. It changes your contract. It holds for 5 minutes."
            " Tell it to nobody, nor to us."
        ) % {"code": found.sealed_code, "reference": found.offer.offer_set.reference}
    hand_over(found, key="relief", phone=phone_of(borrower), text=text, now=now)
    return True


def latest_offer_code(offer: RestructuringOffer, *, now: datetime) -> OfferCode | None:
    """Return the code that the offer can be accepted with now; None where another has to be asked for."""
    code: OfferCode | None = OfferCode.objects.filter(offer__offer_set=offer.offer_set_id).usable(now=now)
    return code if code is not None and (code.offer_id, code.digest) == (offer.pk, offer.digest) else None


def refuse_wrong_offer_code(*, offer_id: int, typed: str, now: datetime) -> OfferCode:
    """
    Compare what was typed with the code that was sent, and return it. A wrong try is counted, whatever comes of it.

    :raises CodeWrong, CodeExpired: see there. :raises OfferNotFound: there is no such offer.
    """
    tried = _try(offer_id, typed, now)
    if isinstance(tried, DomainError):
        raise tried
    return tried


@transaction.atomic
def _try(offer_id: int, typed: str, now: datetime) -> OfferCode | DomainError:
    _offered, offer = lock_offer(offer_id)
    code = latest_offer_code(offer, now=now)
    if code is None:
        return no_code_holds()
    return code if code.takes(typed) else not_this_code(code.tries_left)


def phone_of(borrower: Borrower) -> str:
    """Return the phone that the identity was recorded with, else the one that the book knows."""
    identity = getattr(borrower, "identity", None)
    return (identity.phone if identity else borrower.phone) or ""

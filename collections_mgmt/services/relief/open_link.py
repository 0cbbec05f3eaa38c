"""
The page of a borrower without a login, opened by a link: what is offered, read, accepted or declined.

The link alone shows nothing personal: whoever opens it enters a code that is sent to the borrower's own phone. The
browser in which this succeeded gets a secret, and only with it, for half an hour, the page says more. Reading,
accepting and declining are those of the services that the portal calls, too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import OfferSet, ReliefAccessCode, ReliefLink, RestructuringPlan
from collections_mgmt.services.relief.offer_codes import phone_of
from collections_mgmt.services.relief.writing import lock_set, note
from dashu import events
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.kernel.masking import masked_phone
from loans.services.handed_links import confirm_browser, is_confirmed
from loans.services.open_signature import SignerNotConfirmed, actor_of_applicant
from loans.services.signing_codes import (
    IdentityMissing,
    hand_over,
    no_code_holds,
    not_this_code,
    refuse_too_many_codes,
    refuse_unsendable,
)

_CONFIRMED = "collections.relief_confirmed"


class ReliefLinkUnknown(DomainError):
    """There is no such link, and never was."""

    code = "relief_link_unknown"
    http_status = 404


class ReliefLinkOver(DomainError):
    """The link was right and opens no more: its time is over, another took its place, or the offer has ended."""

    code = "relief_link_over"
    http_status = 410


@dataclass(frozen=True, slots=True)
class OpenedOffer:
    """
    What a link opens, read at one moment.

    :param plan: once one of the ways was accepted.
    :param is_confirmed: whether whoever opened it may be shown the rest.
    """

    link: ReliefLink
    offered: OfferSet
    plan: RestructuringPlan | None
    is_confirmed: bool

    @property
    def is_declined(self) -> bool:
        return self.offered.status == OfferSet.Status.DECLINED

    @property
    def actor(self) -> str:
        return actor_of_applicant(self.offered.borrower)


@transaction.atomic
def open_link(*, token: str, confirmation: str, now: datetime) -> OpenedOffer:
    """
    Lock the offer and return what a link to it opens; that it was opened is kept.

    After it was accepted or declined, the page says so as long as the link holds.

    :param confirmation: the secret of this browser; "" where it has none.
    :raises ReliefLinkUnknown, ReliefLinkOver: see there.
    """
    found = ReliefLink.objects.filter(token_hash=ReliefLink.hash_of(token))
    set_id = found.values_list("offer_set_id", flat=True).first()
    if set_id is None:
        raise ReliefLinkUnknown(_("There is no such page."))
    offered = lock_set(set_id)
    link = found.get()
    if link.expires_at <= now:
        raise ReliefLinkOver(_("This link no longer opens. You can get another one where you got this one."))
    plans = RestructuringPlan.objects.select_related("loan", "amendment", "offer")
    plan = plans.filter(offer__offer_set=offered).first()
    if plan is None and offered.status != OfferSet.Status.DECLINED:
        _refuse_over(offered, now=now)
    if link.opened_at is None:
        link.opened_at = now
        link.save(update_fields=["opened_at"])
        note("link_opened", offered, actor_of_applicant(offered.borrower))
    return OpenedOffer(link, offered, plan, is_confirmed(link, confirmation, purpose=_CONFIRMED, now=now))


def refuse_unconfirmed(opened: OpenedOffer) -> None:
    """:raises SignerNotConfirmed: see there."""
    if not opened.is_confirmed:
        raise SignerNotConfirmed(_("Enter the code from the text message first."))


@transaction.atomic
def ask_access_code(*, token: str, now: datetime) -> ReliefAccessCode:
    """
    Make a code that opens the page and have it sent to the borrower's phone. A code made before no longer holds.

    :raises CodeTooSoon, TooManyCodes, CodesNotSent, IdentityMissing: see there.
    :raises ReliefLinkUnknown, ReliefLinkOver: see `open_link`.
    """
    opened = open_link(token=token, confirmation="", now=now)
    phone = phone_of(opened.offered.borrower)
    if not phone:
        raise IdentityMissing(_("We have no phone number of yours to send a code to. Call us, or write to us."))
    refuse_unsendable()
    earlier = ReliefAccessCode.objects.filter(link__offer_set=opened.offered)
    recent = earlier.filter(made_at__gt=now - timedelta(days=1)).values_list("made_at", flat=True)
    refuse_too_many_codes(
        recent, now=now, used_up=_("No more codes can be sent today. The offer is kept; go on tomorrow.")
    )
    earlier.end(now=now)
    made = ReliefAccessCode.made(now=now, link=opened.link, phone_shown=masked_phone(phone))
    note("link_code_asked", opened.offered, opened.actor, phone=made.phone_shown)
    events.publish("collections_mgmt.relief_access_asked", code_id=made.pk)
    return made


def send_access_code(*, code_id: int, now: datetime) -> bool:
    """
    Send a code that still holds, once; return whether it went out now. Calls the gateway: not in a transaction.

    :raises NotDelivered: the gateway did not take it; sending it again is the same message.
    """
    found = ReliefAccessCode.objects.select_related("link__offer_set__borrower").get(pk=code_id)
    if not found.waits_to_be_sent(now=now):
        return False
    offered = found.link.offer_set
    with translation.override(offered.borrower.language):
        text = gettext(
            "%(code)s is your code to open offer %(reference)s and read what it would change. It holds for 5 minutes"
            " and accepts nothing. Tell it to nobody, nor to us."
        ) % {"code": found.sealed_code, "reference": offered.reference}
    hand_over(found, key="relief-access", phone=phone_of(offered.borrower), text=text, now=now)
    return True


def latest_access_code(link: ReliefLink, *, now: datetime) -> ReliefAccessCode | None:
    """Return the code that opens the page now; None where another has to be asked for."""
    code: ReliefAccessCode | None = ReliefAccessCode.objects.filter(link=link).usable(now=now)
    return code


def confirm_borrower(*, token: str, typed: str, now: datetime) -> str:
    """
    Return the secret by which this browser is known to be the borrower's. A wrong try is counted.

    :raises CodeWrong, CodeExpired, ReliefLinkUnknown, ReliefLinkOver: see there.
    """
    tried = _confirm(token, typed, now)
    if isinstance(tried, DomainError):
        raise tried
    return tried


@transaction.atomic
def _confirm(token: str, typed: str, now: datetime) -> str | DomainError:
    opened = open_link(token=token, confirmation="", now=now)
    code = latest_access_code(opened.link, now=now)
    if code is None:
        return no_code_holds()
    if not code.takes(typed):
        note("link_not_recognized", opened.offered, opened.actor, tries=code.tries)
        return not_this_code(code.tries_left)
    ReliefAccessCode.objects.filter(pk=code.pk).update(used_at=now, sealed_code=None)
    secret = confirm_browser(opened.link, purpose=_CONFIRMED, now=now)
    note("link_confirmed", opened.offered, opened.actor)
    return secret


def _refuse_over(offered: OfferSet, *, now: datetime) -> None:
    """:raises ReliefLinkOver: there is nothing to answer."""
    if not offered.is_open or offered.last_day < lender_date(now):
        raise ReliefLinkOver(
            _("These plans can no longer be chosen. Your contract goes on as it is; ask at any time what is possible.")
        )

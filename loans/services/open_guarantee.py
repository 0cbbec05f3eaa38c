"""
The page of one guarantor, opened by a link without signing in.

The link alone shows nothing personal: whoever opens it confirms with the last six signs of the ID number that they are
the one who was asked. The browser in which this succeeded gets a secret, and only with it, for half an hour, the page
says more. Tries are few and each is kept; a link whose tries are used up opens no more.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.users.id_numbers import compact
from loans.domain.applications import Status
from loans.domain.cost_sheet import CostSheet, sheet_of
from loans.domain.guarantees import ends_with
from loans.models import Application, Disclosure, GuaranteeAnswer, Guarantor, GuarantorLink, Offer
from loans.selectors.guarantees import MOST_WRONG_TRIES, answer_of, is_open
from loans.selectors.products import UnknownProduct
from loans.services.application_rows import lock_application
from loans.services.choose_offer import OfferLapsed
from loans.services.disclose_costs import OfferOutdated, SheetNotOpened, chosen_offer, current_disclosure
from loans.services.guarantor_links import token_hash
from loans.services.handed_links import confirm_browser, is_confirmed

_CONFIRMED = "loans.guarantor_confirmed"


class LinkUnknown(DomainError):
    """There is no such link, and never was."""

    code = "guarantor_link_unknown"
    http_status = 404


class LinkOver(DomainError):
    """The link was right and opens no more: its days or tries are over, or what it was about has changed or ended."""

    code = "guarantor_link_over"
    http_status = 410


class NotRecognized(DomainError):
    """These are not the last six signs of the guarantor's ID number; `details` says how many tries are left."""

    code = "guarantor_not_recognized"


class NotConfirmed(DomainError):
    """It was not confirmed in this browser, or too long ago, who opened the link."""

    code = "guarantor_not_confirmed"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What a guarantor is asked, read at one moment.

    :param is_confirmed: whether whoever opened it may be shown the rest.
    :param answer: what they have said to it so far.
    """

    link: GuarantorLink
    guarantor: Guarantor
    application: Application
    offer: Offer
    disclosure: Disclosure
    sheet: CostSheet
    answer: GuaranteeAnswer | None
    is_confirmed: bool

    @property
    def is_signed(self) -> bool:
        return self.answer is not None and self.answer.kind == GuaranteeAnswer.Kind.SIGNED

    @property
    def is_declined(self) -> bool:
        return self.answer is not None and self.answer.kind == GuaranteeAnswer.Kind.DECLINED


@transaction.atomic
def open_guarantee(*, token: str, confirmation: str, now: datetime) -> Asked:
    """
    Lock the application and return what the guarantor of a link is asked.

    :param confirmation: the secret of this browser; "" where it has none.
    :raises LinkUnknown, LinkOver: see there.
    """
    found = GuarantorLink.objects.filter(token_hash=token_hash(token))
    application_id = found.values_list("guarantor__application_id", flat=True).first()
    if application_id is None:
        raise LinkUnknown(_("There is no such page."))
    application = lock_application(application_id)
    link = found.select_related("guarantor").get()
    if application.status != Status.ACCEPTED:
        raise LinkOver(_("There is nothing to decide here any more. You need to do nothing."))
    if not is_open(link, now=now):
        raise LinkOver(_("This link no longer opens. If you are still asked, the applicant can have another one sent."))
    offer, disclosure = _current(application, link, now=now)
    offer.refresh_from_db(fields=["sheet", "sheet_digest"])
    assert offer.sheet is not None
    return Asked(
        link=link,
        guarantor=link.guarantor,
        application=application,
        offer=offer,
        disclosure=disclosure,
        sheet=sheet_of(offer.sheet),
        answer=answer_of(link.guarantor, offer=offer, figures_digest=disclosure.figures_digest),
        is_confirmed=is_confirmed(link, confirmation, purpose=_CONFIRMED, now=now),
    )


def confirm_guarantor(*, token: str, typed: str, now: datetime) -> str:
    """
    Return the secret by which this browser is known to be the guarantor's. A wrong try is counted.

    :param typed: the last six signs of the ID number, as typed.
    :raises NotRecognized, LinkUnknown, LinkOver: see there.
    """
    tried = _confirm(token, typed, now)
    if isinstance(tried, DomainError):
        raise tried
    return tried


def refuse_unconfirmed(asked: Asked) -> None:
    """:raises NotConfirmed: see there."""
    if not asked.is_confirmed:
        raise NotConfirmed(_("Confirm first that it is you who was asked."))


@transaction.atomic
def _confirm(token: str, typed: str, now: datetime) -> str | DomainError:
    asked = open_guarantee(token=token, confirmation="", now=now)
    link = asked.link
    if not ends_with(asked.guarantor.number, compact(typed[:40])):
        link.wrong_tries += 1
        link.save(update_fields=["wrong_tries"])
        _witness("not_recognized", asked, tries=link.wrong_tries)
        left = MOST_WRONG_TRIES - link.wrong_tries
        return NotRecognized(
            _("These are not the last six characters of the ID number that we were given; tries left: %(left)s."),
            field="digits",
            params={"left": left},
            details={"tries_left": left},
        )
    secret = confirm_browser(link, purpose=_CONFIRMED, now=now)
    _witness("recognized", asked)
    return secret


def _current(application: Application, link: GuarantorLink, *, now: datetime) -> tuple[Offer, Disclosure]:
    """:raises LinkOver: the applicant chose another offer, or the sheet has another figure."""
    try:
        offer = chosen_offer(application, now=now)
        disclosure = current_disclosure(offer, now=now)
    except (OfferLapsed, OfferOutdated, SheetNotOpened, UnknownProduct) as change:
        raise _changed() from change
    if (offer.pk, disclosure.figures_digest) != (link.offer_id, link.figures_digest) or not disclosure.passed_at:
        raise _changed()
    return offer, disclosure


def _changed() -> LinkOver:
    return LinkOver(_("The offer has changed since this link was sent. If you are still asked, you get another link."))


def _witness(what: str, asked: Asked, **data: object) -> None:
    audit.record(
        action=f"loans.guarantor_{what}",
        subject_type="guarantor",
        subject_id=asked.guarantor.pk,
        actor=actor_of_guarantor(asked.guarantor),
        data={"application": asked.application.reference, **data},
    )


def actor_of_guarantor(guarantor: Guarantor) -> str:
    """Return how records name a guarantor, who has no login; the ledger of consents calls them the same."""
    return f"guarantor:{guarantor.pk}"

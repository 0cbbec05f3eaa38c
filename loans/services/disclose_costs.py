"""
Reading what a loan costs before signing: the sheet is opened, read for a while, confirmed, and three questions on it
are answered. The server keeps when each of it happened; a page cannot shorten it.

A sheet is for one day. On another day it is made anew; when only its dates moved, what was read and answered holds,
and when a figure changed, it is opened and answered again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from loans.domain.applications import Status
from loans.domain.cost_sheet import CostSheet, sheet_of
from loans.domain.understanding import Grade, grade
from loans.models import Application, Disclosure, Offer
from loans.selectors.exposure import exposure_of, signed_since
from loans.services.application_rows import lock_application, refuse_unless_in
from loans.services.choose_offer import OfferLapsed
from loans.services.guarantor_links import invite_guarantors
from loans.services.offer_sheets import sheet_on


class SheetNotOpened(DomainError):
    """The cost sheet of the day was not opened yet, or a figure of it changed since."""

    code = "sheet_not_opened"
    http_status = 409


class ReadTooBriefly(DomainError):
    """The cost sheet is not open long enough to have been read; `details` says how many seconds are left."""

    code = "sheet_read_too_briefly"
    http_status = 409


class SheetNotConfirmed(DomainError):
    """The questions come after the sheet was read and confirmed."""

    code = "sheet_not_confirmed"
    http_status = 409


class OfferOutdated(DomainError):
    """Another loan was signed for since the offer was made, so it was not made for the month as it is now."""

    code = "offer_outdated"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Reading:
    """The sheet as it is read. :param seconds_left: before it can be confirmed; 0: it can be."""

    disclosure: Disclosure
    sheet: CostSheet
    seconds_left: int


@transaction.atomic
def open_sheet(*, application_id: int, now: datetime, actor: str) -> Reading:
    """
    Open the cost sheet of the chosen offer, made anew if it is of another day. Opened before, the time runs on.

    :raises ApplicationStateChanged: no offer is chosen, or the contract is signed.
    :raises OfferLapsed: the last day of the offer is over.
    :raises OfferOutdated: see there.
    :raises UnknownProduct: the product is no longer offered.
    """
    offer = chosen_offer(lock_application(application_id), now=now)
    sheet = _of_the_day(offer, now=now)
    disclosure, is_new = Disclosure.objects.get_or_create(
        offer=offer,
        figures_digest=sheet.figures_digest,
        defaults={"application": offer.application, "sheet_digest": sheet.digest, "opened_at": now},
    )
    if disclosure.sheet_digest != sheet.digest:
        disclosure.sheet_digest = sheet.digest
        disclosure.save(update_fields=["sheet_digest"])
    if is_new:
        _audit("opened", disclosure, actor=actor)
    if disclosure.passed_at:  # another offer may have been chosen since, and the guarantors asked about that one
        invite_guarantors(offer.application, disclosure, now=now, actor=actor)
    return Reading(disclosure, sheet, seconds_left(disclosure, now=now))


@transaction.atomic
def confirm_sheet(*, application_id: int, now: datetime, actor: str) -> Disclosure:
    """
    Note that the sheet was read. Confirming again changes nothing.

    :raises SheetNotOpened, ReadTooBriefly: see there; `open_sheet` for what else is refused.
    """
    disclosure = current_disclosure(chosen_offer(lock_application(application_id), now=now), now=now)
    if disclosure.confirmed_at:
        return disclosure
    if left := seconds_left(disclosure, now=now):
        raise ReadTooBriefly(
            _("Take your time: you can go on in %(seconds)s s."),
            params={"seconds": left},
            details={"seconds_left": left},
        )
    disclosure.confirmed_at = now
    disclosure.save(update_fields=["confirmed_at"])
    _audit("confirmed", disclosure, actor=actor)
    return disclosure


@transaction.atomic
def answer_questions(*, application_id: int, answers: Mapping[str, str], now: datetime, actor: str) -> Grade:
    """
    Keep the answers and return what is still to be understood. It may be answered as often as one likes.

    :param answers: the key of a choice by what the question is about.
    :raises SheetNotConfirmed, AnswerNotKnown: see there; `open_sheet` for what else is refused.
    """
    offer = chosen_offer(lock_application(application_id), now=now)
    disclosure = current_disclosure(offer, now=now)
    if not disclosure.confirmed_at:
        raise SheetNotConfirmed(_("Read the cost sheet first; the questions are about it."))
    graded = grade(_of_the_day(offer, now=now), answers)
    if disclosure.passed_at:
        return graded
    wrong = [question.about.value for question in graded.wrong]
    disclosure.tries = [*disclosure.tries, {"at": now.isoformat(), "answers": dict(answers), "wrong": wrong}]
    disclosure.passed_at = now if graded.is_passed else None
    disclosure.save(update_fields=["tries", "passed_at"])
    if graded.is_passed:
        _audit("understood", disclosure, actor=actor, tries=len(disclosure.tries))
        invite_guarantors(offer.application, disclosure, now=now, actor=actor)
    return graded


def chosen_offer(application: Application, *, now: datetime) -> Offer:
    """
    Return the offer that a locked application is about.

    :raises ApplicationStateChanged, OfferLapsed, OfferOutdated: see `open_sheet`.
    """
    refuse_unless_in(application, Status.ACCEPTED)
    offer = Offer.objects.select_related("application__product").get(application=application, chosen_at__isnull=False)
    if offer.expires_on < lender_date(now):
        raise OfferLapsed(_("This offer has lapsed. You can apply again."), field="offer")
    if signed_since(application, offer.made_at):
        raise OfferOutdated(
            _(
                "You have signed for another loan since this offer was made, so it may be too much for your month."
                " Withdraw this application and apply again."
            ),
            field="offer",
        )
    room = policy.credit_review(lender_date(now)).highest_exposure - exposure_of(application)
    if offer.principal_minor > room:
        raise OfferOutdated(
            _(
                "You and those tied to you owe more since this offer was made, so it can no longer be signed."
                " Withdraw this application and apply again."
            ),
            field="offer",
        )
    return offer


def current_disclosure(offer: Offer, *, now: datetime) -> Disclosure:
    """
    Return the reading of the sheet as it is today.

    :raises SheetNotOpened: there is none.
    """
    sheet = _of_the_day(offer, now=now)
    disclosure = Disclosure.objects.filter(offer=offer, figures_digest=sheet.figures_digest).first()
    if disclosure is None:
        raise SheetNotOpened(_("Open the cost sheet and read it first."))
    if disclosure.sheet_digest != sheet.digest:
        disclosure.sheet_digest = sheet.digest
        disclosure.save(update_fields=["sheet_digest"])
    return disclosure


def seconds_left(disclosure: Disclosure, *, now: datetime) -> int:
    """Return how long the sheet has to be read still; 0 once it was long enough."""
    needed = timedelta(seconds=policy.credit_disclosure(lender_date(now)).reading_seconds)
    return max(0, ceil((disclosure.opened_at + needed - now).total_seconds()))


def _of_the_day(offer: Offer, *, now: datetime) -> CostSheet:
    """Return the sheet for a payout today; the offer keeps the latest one that was made."""
    assert offer.sheet is not None, "every offer has a sheet"
    kept, today = sheet_of(offer.sheet), lender_date(now)
    if kept.starts_on == today:
        return kept
    sheet = sheet_on(offer, on=today)
    offer.sheet, offer.sheet_digest = sheet.document, sheet.digest
    offer.save(update_fields=["sheet", "sheet_digest"])
    return sheet


def _audit(what: str, disclosure: Disclosure, *, actor: str, **data: object) -> None:
    audit.record(
        action=f"loans.sheet_{what}",
        subject_type="application",
        subject_id=disclosure.application.reference,
        actor=actor,
        data={"sheet": disclosure.sheet_digest, **data},
    )

"""A partner states the month of a borrower and asks for relief in their name, with their consent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import Budget, OfferSet
from collections_mgmt.selectors.relief_of_partner import PURPOSE, about_partner, is_agreed
from collections_mgmt.services.relief.offer_anew import offer_anew
from collections_mgmt.services.relief.state_budget import state_budget
from dashu.consents.models import ConsentText
from dashu.consents.services.ledger import give_consents
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import Partner
from loans.models import Loan

# A consent that a partner took is not older than what it is for, and its clock may differ a little from ours.
HOLDS_FOR = timedelta(days=30)
CLOCKS_DIFFER = timedelta(minutes=2)


class ReliefNotAgreed(DomainError):
    """The borrower has not agreed that this partner states their month, or took it back; nothing was kept."""

    code = "relief_not_agreed"
    http_status = 403


class ReliefConsentInvalid(DomainError):
    """The consent is to another text, or of a moment at which nobody can have agreed to it."""

    code = "relief_consent_invalid"


class BudgetNotFound(DomainError):
    """This partner stated no such budget for the borrower of this loan."""

    code = "budget_not_found"
    http_status = 404


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a borrower agreed to at the partner's: the id of the text, the language it was read in, and when."""

    text_id: int
    language: str
    given_at: datetime


@transaction.atomic
def state_budget_by_partner(
    *, loan: Loan, partner: Partner, statement: Mapping[str, Any], agreed: Agreed | None, now: datetime
) -> Budget:
    """
    Keep what a partner states of the month of a loan's borrower; see `state_budget`.

    :param agreed: None where the borrower agreed before.
    :raises ReliefNotAgreed, ReliefConsentInvalid, BudgetRefused: see there. :raises ConsentTextOutdated,
        ConsentTakenBack: see `give_consents`.
    """
    actor = actor_of_user(partner.user)
    if agreed is not None:
        _agree(loan, partner, agreed, now=now, actor=actor)
    refuse_without_consent(loan, partner)
    return state_budget(
        borrower_id=loan.borrower_id, currency=loan.currency, now=now, actor=actor, verified=(), **statement
    )


def ask_relief_by_partner(*, loan: Loan, partner: Partner, budget: str, now: datetime) -> tuple[Budget, OfferSet]:
    """
    Offer what fits a month that this partner stated, in the place of what was open on the loan.

    :param budget: its number; empty for the latest one that this partner stated.
    :raises ReliefNotAgreed, BudgetNotFound: see there.
    :raises NothingToOffer, ReliefRefused: see `offer_anew`.
    """
    refuse_without_consent(loan, partner)
    stated = budget_of(loan, partner, budget)
    return stated, offer_anew(loan_id=loan.pk, budget_id=stated.pk, now=now, actor=actor_of_user(partner.user))


def budget_of(loan: Loan, partner: Partner, reference: str) -> Budget:
    """:raises BudgetNotFound: there is none of this number, or none at all."""
    theirs = Budget.objects.filter(borrower=loan.borrower_id, currency=loan.currency, actor=actor_of_user(partner.user))
    found: Budget | None = (theirs.filter(reference=reference) if reference else theirs).order_by("-pk").first()
    if found is None:
        raise BudgetNotFound(_("There is no such budget. State the month of the borrower first."), field="budget")
    return found


def _agree(loan: Loan, partner: Partner, agreed: Agreed, *, now: datetime, actor: str) -> None:
    text = ConsentText.objects.filter(pk=agreed.text_id, purpose=PURPOSE).first()
    if text is None:
        raise ReliefConsentInvalid(_("This is not the text that borrowers agree to for this."), field="consent.text")
    if not now - HOLDS_FOR <= agreed.given_at <= now + CLOCKS_DIFFER:
        raise ReliefConsentInvalid(
            _("Consents are given within the last 30 days before they are sent."), field="consent.given_at"
        )
    if text.loaded_at > agreed.given_at + CLOCKS_DIFFER:
        raise ReliefConsentInvalid(_("At that moment this text was not in use yet."), field="consent.given_at")
    give_consents(
        borrower_id=loan.borrower_id,
        text_ids=[text.pk],
        about=about_partner(partner),
        now=min(agreed.given_at, now),
        actor=actor,
        language=agreed.language,
    )


def refuse_without_consent(loan: Loan, partner: Partner) -> None:
    """:raises ReliefNotAgreed: the borrower does not agree, or no longer."""
    if not is_agreed(loan.borrower_id, partner):
        raise ReliefNotAgreed(
            _("The borrower has not agreed that a partner asks for easier payments for them. Send their consent."),
            field="consent",
        )

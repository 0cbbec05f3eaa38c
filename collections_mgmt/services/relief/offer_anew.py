"""A borrower stated their month anew: what is offered follows from it, and what was open before has ended."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import OfferLoan, OfferSet
from collections_mgmt.services.relief.end_offers import take_offers_back
from collections_mgmt.services.relief.make_offers import NothingToOffer, make_offers
from collections_mgmt.services.relief.writing import ReliefRefused

REASON = "the borrower stated their month anew"


def offer_anew(*, loan_id: int, budget_id: int, now: datetime, actor: str) -> OfferSet:
    """
    Offer what fits the month that a borrower stated, in the place of what was open on the loan.

    What was open ends also where nothing fits: it was worked out from figures that no longer hold. Only what people
    approved beyond the limits stands; a new month does not give that back by itself.

    :raises NothingToOffer, ReliefRefused, LoanNotFound: see `make_offers`; with the latter two, what was open stands.
    """
    _refuse_approved(loan_id)
    try:
        return _in_its_place(loan_id=loan_id, budget_id=budget_id, now=now, actor=actor)
    except NothingToOffer:
        _end_open(loan_id, now=now, actor=actor)
        raise


@transaction.atomic
def _in_its_place(*, loan_id: int, budget_id: int, now: datetime, actor: str) -> OfferSet:
    _end_open(loan_id, now=now, actor=actor)
    return make_offers(loan_id=loan_id, source=OfferSet.Source.ASKED, budget_id=budget_id, now=now, actor=actor)


def _refuse_approved(loan_id: int) -> None:
    """:raises ReliefRefused: what is open on the loan was approved by people."""
    for about in OfferLoan.objects.filter(loan=loan_id, is_open=True).select_related("offer_set"):
        if about.offer_set.is_outside:
            raise ReliefRefused(
                _("A person made you offer %(number)s. It stays open; decide on it first."),
                field="loan",
                params={"number": about.offer_set.reference},
            )


def _end_open(loan_id: int, *, now: datetime, actor: str) -> None:
    for about in OfferLoan.objects.filter(loan=loan_id, is_open=True):
        take_offers_back(set_id=about.offer_set_id, reason=REASON, now=now, actor=actor)

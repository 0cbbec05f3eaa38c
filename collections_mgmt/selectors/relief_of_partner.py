"""The offers of relief on a partner's loans, and how much of them a partner is told."""

from collections.abc import Iterable

from django.db.models import Prefetch, QuerySet

from collections_mgmt.models import OfferLoan, OfferSet, RestructuringOffer
from dashu.consents.models import ConsentEntry, Purpose
from dashu.consents.selectors import consents_held
from dashu.finance.relief import ReliefMethod
from dashu.users.models import Partner
from loans.models import Loan

PURPOSE = Purpose.RELIEF_BY_PARTNER.value


def about_partner(partner: Partner) -> str:
    """Return what the consent is about: each partner needs one of its own."""
    return f"partner:{partner.pk}"


def is_agreed(borrower_id: int, partner: Partner) -> bool:
    """Whether the borrower lets this partner state their month and be told what fits it."""
    return PURPOSE in consents_held(borrower_id=borrower_id, about=about_partner(partner))


def agreeing(borrower_ids: Iterable[int], partner: Partner) -> set[int]:
    """Return which of these borrowers do; one query."""
    lines = ConsentEntry.objects.filter(
        borrower__in=set(borrower_ids), about=about_partner(partner), text__purpose=PURPOSE
    )
    latest = lines.order_by("borrower_id", "-id").distinct("borrower_id").values_list("borrower_id", "kind")
    return {borrower_id for borrower_id, kind in latest if kind == ConsentEntry.Kind.GIVEN}


def offer_sets_on(loans: QuerySet[Loan]) -> QuerySet[OfferSet]:
    """Return the offers on these loans with their ways and what became of them, in a fixed number of queries."""
    about = OfferLoan.objects.filter(loan__in=loans).values("offer_set")
    ways = RestructuringOffer.objects.select_related("loan", "plan").order_by("number")
    return (
        OfferSet.objects.filter(pk__in=about)
        .select_related("budget", "borrower")
        .prefetch_related(
            Prefetch("offers", queryset=ways),
            Prefetch("loans", queryset=OfferLoan.objects.select_related("loan").order_by("loan_id")),
        )
    )


def ways_told(offered: OfferSet, partner: Partner) -> list[RestructuringOffer]:
    """Return the ways that are about loans of this partner alone; to join loans of others is the borrower's to see."""
    all_theirs = all(about.loan.partner_id == partner.pk for about in offered.loans.all())
    return [
        way
        for way in offered.offers.all()
        if way.loan.partner_id == partner.pk and (all_theirs or way.method != ReliefMethod.CONSOLIDATION)
    ]

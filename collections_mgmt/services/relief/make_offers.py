"""
Offer relief on a loan by the engine, within the limits of the rules; quote a way that the borrower moves themselves.

Each way is decided by the engine and then tried on the book, so its figures are those of the engine and its schedule is
the one that is booked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.relief.choosing import options
from collections_mgmt.domain.relief.offers import Offer, Options, Refusal
from collections_mgmt.domain.relief.quoting import Desk
from collections_mgmt.domain.relief.written import carried_json, read_relief, refusal_json, relief_json
from collections_mgmt.models import Budget, HardshipRequest, OfferLoan, OfferSet, RestructuringOffer
from collections_mgmt.services.relief.cases import (
    Known,
    case_of_loan,
    facts_of,
    known_of_borrower,
    known_of_budget,
    known_of_facts,
    with_cause,
)
from collections_mgmt.services.relief.offer_codes import refuse_moved
from collections_mgmt.services.relief.ways import Way, tried
from collections_mgmt.services.relief.writing import (
    OfferNotFound,
    ReliefRefused,
    lock_set,
    note,
    refuse_loans,
    write_offers,
    write_way,
)
from dashu.finance.relief import Relief
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.services.booking import lock_loan


class NothingToOffer(DomainError):
    """No way fits; `details` says for each method why not, and whether a person may decide otherwise."""

    code = "nothing_to_offer"


class OutsideLimits(DomainError):
    """This way is beyond what can be agreed without a person; `details` says why, and whether one may decide."""

    code = "relief_outside_limits"


@dataclass(frozen=True, slots=True)
class Decided:
    """What the engine says of a loan, with its ways as they would be offered."""

    options: Options
    ways: tuple[Way, ...]
    not_offered: tuple[dict[str, Any], ...]
    facts: Mapping[str, Any]


@transaction.atomic
def decide_offers(*, loan_id: int, known: Known, today: date, actor: str) -> Decided:
    """Return what would be offered on a loan; nothing of it is written."""
    loan = lock_loan(loan_id)
    case = case_of_loan(loan, known, on=today)
    answer = options(case)
    desk = Desk(case)
    ways = tuple(way_of(loan, offer, desk, actor=actor) for offer in answer.offers)
    refusals = tuple(refusal_json(refusal, loan.currency) for refusal in answer.not_offered)
    return Decided(answer, ways, refusals, facts_of(known, today))


@transaction.atomic
def make_offers(
    *,
    loan_id: int,
    source: str,
    now: datetime,
    actor: str,
    budget_id: int | None = None,
    request_id: int | None = None,
    cause: str = "",
) -> OfferSet:
    """
    Offer the borrower of a loan what the engine finds, at most three ways, and tell them.

    :param budget_id: what they stated; None: what is known of them, as for an offer that nobody asked for.
    :param cause: one of `HardshipRequest.Cause`, where the budget says none.
    :raises NothingToOffer: no way fits, or nothing is known of the borrower's month.
    :raises ReliefRefused: see `write_offers`. :raises LoanNotFound: there is no such loan.
    """
    loan, today = lock_loan(loan_id), lender_date(now)
    refuse_loans([loan], borrower_id=loan.borrower_id)
    budget = Budget.objects.filter(pk=budget_id, borrower=loan.borrower_id).first() if budget_id else None
    known = known_of_budget(budget) if budget else known_of_borrower(loan.borrower_id)
    if known is None:
        raise NothingToOffer(_("We do not know enough of your month yet. Tell us what comes in and what goes out."))
    known = with_cause(known, cause)
    decided = decide_offers(loan_id=loan_id, known=known, today=today, actor=actor)
    if not decided.ways:
        raise NothingToOffer(
            _("No plan that we can offer at once fits your month. A person can look for a way with you."),
            details={"not_offered": list(decided.not_offered), "needs_person": decided.options.needs_person},
        )
    return write_offers(
        borrower_id=loan.borrower_id,
        loan_ids=[loan_id],
        ways=decided.ways,
        source=source,
        now=now,
        actor=actor,
        budget=budget,
        request=HardshipRequest.objects.filter(pk=request_id).first() if request_id else None,
        cause=known.cause,
        facts=decided.facts,
        not_offered=decided.not_offered,
    )


@transaction.atomic
def quote_offer(*, set_id: int, relief: Mapping[str, Any], now: datetime, actor: str) -> Way:
    """
    Return what a way would be that the borrower made by moving a slider, decided at once; nothing is written.

    :param relief: as `RestructuringOffer.relief` keeps it.
    :raises OutsideLimits: it is none within limits. :raises OfferNotFound, OfferNotOpen: see there.
    :raises DomainError: a value is wrong, with its field.
    """
    offered = lock_set(set_id)
    loan = _only_loan(offered)
    return _quoted(loan, read_relief(relief, loan.currency), offered.facts, on=lender_date(now), actor=actor)


@transaction.atomic
def choose_own_way(*, set_id: int, relief: Mapping[str, Any], now: datetime, actor: str) -> RestructuringOffer:
    """
    Put a way that the borrower made beside those that were offered; it takes the place of one they made before.

    :raises OutsideLimits, OfferNotFound, OfferNotOpen, OfferOutdated: see there.
    """
    offered = lock_set(set_id)
    refuse_moved(offered, now=now)
    loan = _only_loan(offered)
    way = _quoted(loan, read_relief(relief, loan.currency), offered.facts, on=offered.quoted_on, actor=actor)
    earlier = offered.offers.filter(is_own=True).first()
    number = earlier.number if earlier else offered.offers.count() + 1
    if earlier is not None:
        earlier.codes.all().delete()
        earlier.delete()
    own = write_way(offered, replace(way, is_own=True), number=number)
    note("own_way", offered, actor, method=own.method, relief=own.relief)
    return own


def requoted(offer: RestructuringOffer, offered: OfferSet, *, actor: str) -> Way:
    """
    Return an offer as it is on the day of its set, decided anew.

    :raises OutsideLimits: it is beyond limits by now. :raises DomainError: it does not fit the loan any more.
    """
    loan = Loan.objects.get(pk=offer.loan_id)
    relief = read_relief(offer.relief, loan.currency)
    return _quoted(loan, relief, offered.facts, on=offered.quoted_on, actor=actor)


def _quoted(loan: Loan, relief: Relief, facts: Mapping[str, Any], *, on: date, actor: str) -> Way:
    desk = Desk(case_of_loan(loan, known_of_facts(facts), on=on))
    found = desk.quote(relief)
    if isinstance(found, Refusal):
        raise OutsideLimits(
            _("This cannot be agreed at once. Choose what lies between, or ask a person."),
            details=refusal_json(found, loan.currency),
        )
    return way_of(loan, found, desk, actor=actor)


def way_of(loan: Loan, offer: Offer, desk: Desk, *, actor: str) -> Way:
    """Return an offer of the engine as it is written and booked."""
    acts = [{"kind": act.kind.value, "amount": act.amount, "data": dict(act.data)} for act in offer.acts]
    relief = relief_json(offer.relief, loan.currency)
    found = tried(loan_id=loan.pk, method=offer.method.value, relief=relief, acts=acts, on=desk.case.on, actor=actor)
    asked = [[row.number, row.due_on.isoformat(), row.principal, row.interest, row.fee] for row in offer.plan.rows]
    assert asked == found.rows, "what the engine offers is what a booking leads to"
    return replace(
        found,
        figures={**found.figures, **_figures(offer, desk, loan.currency)},
        is_recommended=offer.why is not None,
        reason=offer.why.value if offer.why else "",
    )


def _figures(offer: Offer, desk: Desk, currency: str) -> dict[str, Any]:
    """Return what the engine knows of an offer beyond its schedule; amounts in minor units, shares as texts."""
    present = desk.present
    return {
        "monthly_minor": offer.plan.usual,
        "given_up_minor": offer.given_up,
        "all_in_rate": None if offer.all_in_rate is None else f"{offer.all_in_rate:f}",
        "value_minor": offer.worth.value,
        "value_before_minor": present.worth.value,
        "value_loss": f"{offer.worth.loss:f}",
        "expected_minor": offer.worth.expected,
        "expected_before_minor": present.worth.expected,
        "affordability": {
            "before": carried_json(present.carried, currency),
            "after": carried_json(offer.carried, currency),
        },
        "shape": offer.shape.value,
        "credit_effect": offer.effect.value,
        "credit_mark": offer.mark,
        "broken_after_days": offer.broken_after_days,
        "cure_days": offer.cure_days,
    }


def _only_loan(offered: OfferSet) -> Loan:
    """:raises OfferNotFound: the set is about several loans, whose ways nobody moves by themselves."""
    loans = [about.loan for about in OfferLoan.objects.filter(offer_set=offered).select_related("loan")]
    if len(loans) != 1:
        raise OfferNotFound(_("There is no such offer."))
    if not offered.facts:
        raise ReliefRefused(_("A person made this offer. Ask them where you need it otherwise."), field="relief")
    return loans[0]

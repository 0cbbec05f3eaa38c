"""
Offer relief on a loan by the engine, within the limits of the rules; quote a way that the borrower moves themselves.

Each way is decided by the engine and then tried on the book, so its figures are those of the engine and its schedule is
the one that is booked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.relief.choosing import options
from collections_mgmt.domain.relief.joining import Joined, JointDesk
from collections_mgmt.domain.relief.offers import Offer, Options, Refusal
from collections_mgmt.domain.relief.quoting import Desk
from collections_mgmt.domain.relief.sliders import is_move_of
from collections_mgmt.domain.relief.written import (
    carried_json,
    proposal_json,
    read_relief,
    refusal_json,
    relief_json,
)
from collections_mgmt.models import HardshipRequest, OfferLoan, OfferSet, RestructuringOffer
from collections_mgmt.services.relief.cases import (
    Known,
    as_agreed,
    case_of_loan,
    facts_of,
    known_of_facts,
    month_now,
    several_of_loans,
    with_cause,
)
from collections_mgmt.services.relief.offer_codes import refuse_moved
from collections_mgmt.services.relief.ways import CONSOLIDATES, METHOD, Way, tried, tried_consolidation
from collections_mgmt.services.relief.writing import (
    OfferNotFound,
    ReliefRefused,
    is_something_open,
    lock_loans_of,
    lock_set,
    note,
    refuse_loans,
    write_offers,
    write_way,
)
from dashu.finance.relief import ReliefMethod
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from loans.models import Loan


class NothingToOffer(DomainError):
    """No way fits; `details` says for each method why not, and whether a person may decide otherwise."""

    code = "nothing_to_offer"


class OutsideLimits(DomainError):
    """This way is beyond what can be agreed without a person; `details` says why, and whether one may decide."""

    code = "relief_outside_limits"


@dataclass(frozen=True, slots=True)
class Decided:
    """
    What the engine says of a loan, with its ways as they would be offered.

    :param not_offered: as `refusal_json` says them; that of a settlement a person can ask for has it as `proposal`.
    :param loan_ids: that the ways are about.
    """

    options: Options
    ways: tuple[Way, ...]
    not_offered: tuple[dict[str, Any], ...]
    facts: Mapping[str, Any]
    loan_ids: tuple[int, ...]


@transaction.atomic
def decide_offers(*, loan_id: int, known: Known, today: date, actor: str) -> Decided:
    """Return what would be offered on a loan; nothing of it is written."""
    loan, together = locked_with_others(loan_id)
    case = case_of_loan(loan, known, on=today)
    several = None
    if len(together) > 1 and loan in together:
        is_open = is_something_open([other for other in together if other.pk != loan.pk])
        several = several_of_loans(together, known, on=today, is_open_elsewhere=is_open)
    answer = options(case, several)
    desk, joint = Desk(case), JointDesk(several) if several else None
    ways = tuple(
        joined_way(together, offer, joint)
        if joint and isinstance(offer, Joined)
        else way_of(loan, offer, desk, actor=actor)
        for offer in answer.offers
    )
    return Decided(
        answer,
        ways,
        tuple(_refused(refusal, answer, loan.currency) for refusal in answer.not_offered),
        facts_of(known, today),
        tuple(other.pk for other in together) if any(way.method == METHOD for way in ways) else (loan_id,),
    )


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

    :param budget_id: what they stated, in whose place a newer one counts; None: what is known of them, as for an
        offer that nobody asked for.
    :param cause: one of `HardshipRequest.Cause`, where the budget says none.
    :raises NothingToOffer: no way fits, or nothing is known of the borrower's month.
    :raises ReliefRefused: see `write_offers`. :raises LoanNotFound: there is no such loan.
    """
    (loan, _together), today = locked_with_others(loan_id), lender_date(now)
    refuse_loans([loan], borrower_id=loan.borrower_id)
    budget, known = month_now(loan.borrower_id, budget_id, on=today)
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
        loan_ids=decided.loan_ids,
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
    return _quoted(offered, relief, on=lender_date(now), actor=actor)


@transaction.atomic
def choose_own_way(*, set_id: int, relief: Mapping[str, Any], now: datetime, actor: str) -> RestructuringOffer:
    """
    Put a way that the borrower made beside those that were offered; it takes the place of one they made before.

    :raises OutsideLimits, OfferNotFound, OfferNotOpen, OfferOutdated: see there.
    """
    offered = lock_set(set_id)
    refuse_moved(offered, now=now)
    way = _quoted(offered, relief, on=offered.quoted_on, actor=actor)
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
    return _quoted(offered, offer.relief, on=offered.quoted_on, actor=actor)


def desk_of_set(offered: OfferSet, method: str, *, on: date) -> Desk | JointDesk:
    """
    Return where a way of a set is quoted: at the desk of its one loan, or of all that become one.

    :raises OfferNotFound: the set is about several loans, and the method would be of one that nobody named.
    :raises ReliefRefused: a person made this offer, so nothing of it moves by itself.
    """
    loans = loans_of_set(offered)
    if not offered.is_of_engine:
        raise ReliefRefused(_("A person made this offer. Ask them where you need it otherwise."), field="relief")
    known = as_agreed(known_of_facts(offered.facts), offered.borrower_id)
    if method == METHOD:
        return JointDesk(several_of_loans(loans, known, on=on))
    return Desk(case_of_loan(_loan_of_one(offered, loans), known, on=on))


def loans_of_set(offered: OfferSet) -> list[Loan]:
    """Return the loans that a set is about, in the order of their ids."""
    about = OfferLoan.objects.filter(offer_set=offered).select_related("loan__product_terms__product")
    return [each.loan for each in about.order_by("loan_id")]


def _quoted(offered: OfferSet, asked: Mapping[str, Any], *, on: date, actor: str) -> Way:
    loans = loans_of_set(offered)
    relief = read_relief(asked, loans[0].currency)
    desk = desk_of_set(offered, relief.method.value, on=on)
    ways = offered.offers.filter(is_own=False, method=relief.method.value).values_list("relief", flat=True)
    if not any(is_move_of(desk, read_relief(way, loans[0].currency), relief) for way in ways):
        raise OutsideLimits(_("Only one figure of what was offered can be moved. Ask a person for anything else."))
    found = desk.quote(relief)
    if isinstance(found, Refusal):
        raise OutsideLimits(
            _("This cannot be agreed at once. Choose what lies between, or ask a person."),
            details=refusal_json(found, loans[0].currency),
        )
    if isinstance(desk, JointDesk):
        assert isinstance(found, Joined)
        return joined_way(loans, found, desk)
    return way_of(_loan_of_one(offered, loans), found, desk, actor=actor)


def joined_way(loans: Sequence[Loan], offer: Joined, desk: JointDesk) -> Way:
    """Return a consolidation of the engine as it is written and booked, with the loan that takes most to end."""
    largest, on = loans[desk.several.largest], desk.several.on
    relief = relief_json(offer.relief, largest.currency)
    data = {
        "loans": [loan.pk for loan in loans],
        "count": offer.relief.count,
        "due_day": offer.terms.due_rule.due_day,
        "annual_rate": f"{offer.annual_rate:f}",
    }
    acts = [{"kind": CONSOLIDATES, "amount": offer.principal, "data": data}]
    return _as_decided(tried_consolidation(loan_id=largest.pk, relief=relief, acts=acts, on=on), offer, desk)


def way_of(loan: Loan, offer: Offer, desk: Desk, *, actor: str) -> Way:
    """Return an offer of the engine as it is written and booked."""
    acts = [{"kind": act.kind.value, "amount": act.amount, "data": dict(act.data)} for act in offer.acts]
    relief = relief_json(offer.relief, loan.currency)
    found = tried(loan_id=loan.pk, method=offer.method.value, relief=relief, acts=acts, on=desk.case.on, actor=actor)
    return _as_decided(found, offer, desk)


def _as_decided(found: Way, offer: Offer, desk: Desk | JointDesk) -> Way:
    """Return a way that was tried on the book with what the engine knows of it."""
    asked = [[row.number, row.due_on.isoformat(), row.principal, row.interest, row.fee] for row in offer.plan.rows]
    assert asked == found.rows, "what the engine offers is what a booking leads to"
    return replace(
        found,
        figures={**found.figures, **_figures(offer, desk)},
        is_recommended=offer.why is not None,
        reason=offer.why.value if offer.why else "",
    )


def _figures(offer: Offer, desk: Desk | JointDesk) -> dict[str, Any]:
    """Return what the engine knows of an offer beyond its schedule; amounts in minor units, shares as texts."""
    present, currency = desk.present, desk.currency
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


def _refused(refusal: Refusal, answer: Options, currency: str) -> dict[str, Any]:
    said = refusal_json(refusal, currency)
    if answer.settlement is not None and refusal.method is ReliefMethod.SETTLEMENT:
        said["proposal"] = proposal_json(answer.settlement, currency)
    return said


def _loan_of_one(offered: OfferSet, loans: Sequence[Loan]) -> Loan:
    """Return the loan that the ways of a set other than to join several are about."""
    named = offered.offers.exclude(method=METHOD).values_list("loan_id", flat=True).first()
    found = [loan for loan in loans if len(loans) == 1 or loan.pk == named]
    if not found:
        raise OfferNotFound(_("There is no such offer."))
    return found[0]


def locked_with_others(loan_id: int) -> tuple[Loan, list[Loan]]:
    """
    Lock a loan and all running ones of its borrower in its currency, which it could become one with.

    :returns: the loan, and those that run, in the order of their ids. :raises LoanNotFound: there is no such loan.
    """
    owner = Loan.objects.filter(pk=loan_id).values_list("borrower_id", flat=True).first() or 0
    locked = lock_loans_of(owner, and_also=[loan_id])
    found, running = locked[loan_id], Loan.Status.ACTIVE
    return found, [loan for loan in locked.values() if loan.status == running and loan.currency == found.currency]

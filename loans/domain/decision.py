"""
One decision on one application: what can be offered, at what price, and what a person has to look at.

Everything comes in as plain values and everything that decided goes out, so that the same case can be decided again,
by an underwriter's "what if" as by the application itself. Offers are made first; each is then held against the rules
with its own installment, and only those with the best outcome are kept, so that a gentler plan can be the answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from dashu.finance.affordability import Household
from dashu.finance.annual_rates import all_in_rates
from dashu.finance.rate_cap import RateLimits
from dashu.finance.schedule import build_schedule
from dashu.policy.credit_pricing import PricingRules
from dashu.policy.credit_rules import Outcome, ReviewRules
from loans.domain.credit_review import Facts, Finding, Reason, Review, review
from loans.domain.no_loan import Budget, Debt, WaysOut, budget_of, lesson_for, ways_out
from loans.domain.offers import Bounds, Match, Need, Offer, match
from loans.domain.pricing import Price, price
from loans.domain.terms import ProductRules


@dataclass(frozen=True, slots=True)
class Case:
    """
    What is known of an applicant and of what is asked for. Amounts in minor units, of a month unless said.

    :param exposure: of the applicant's group with this lender, without the new loan, in all.
    :param debts: known one by one, for saying what would help.
    :param score: points, None where nobody scored.
    :param by_person: reasons why a person decides whatever the figures say.
    """

    product: ProductRules
    need: Need
    age: int
    is_resident: bool
    household: Household
    exposure: int
    debts: tuple[Debt, ...] = ()
    open_lenders: int = 0
    inquiries: Mapping[int, int] = field(default_factory=dict)
    days_past_due_elsewhere: int = 0
    has_fraud_flag: bool = False
    repays_other_loans: bool = False
    score: int | None = None
    by_person: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of the day."""

    review: ReviewRules
    pricing: PricingRules
    limits: RateLimits


@dataclass(frozen=True, slots=True)
class Decision:
    """
    :param offers: what passed, at most three; those of a decision that is referred are a proposal for whoever decides.
    :param facts: what was held against the rules, of the offer that weighs least, or of what was asked for.
    :param budget, ways: where the month goes and what would change a refusal.
    """

    review: Review
    price: Price
    match: Match
    offers: tuple[Offer, ...]
    facts: Facts
    budget: Budget
    ways: WaysOut

    @property
    def outcome(self) -> Outcome:
        return self.review.outcome

    @property
    def lesson(self) -> str | None:
        """The lesson that fits the gravest reason; None where none does."""
        return lesson_for(self.review.findings)


def decide(case: Case, rulebook: Rulebook, *, on: date) -> Decision:
    """
    Decide a case by the rules of a day, which is also the day of the payout that is reckoned with.

    :raises NotMatched: the product's loans are not repaid month by month.
    """
    priced = price(
        score=case.score,
        has_proved_income=case.household.income.verified is not None,
        rules=rulebook.pricing,
        limits=rulebook.limits,
        lowest=case.product.min_annual_rate,
        highest=case.product.max_annual_rate,
    )
    matched = match(case.need, case.product, priced.annual_rate, _bounds(case, rulebook), on=on)
    held = [
        (offer, facts, review(facts, rulebook.review)) for offer, facts in _facts_of(case, rulebook, matched.offers)
    ]
    if held:
        best = min(reviewed.outcome for _offer, _facts, reviewed in held)
        kept = [each for each in held if each[2].outcome is best]
        offers = tuple(offer for offer, _facts, _review in kept) if best is not Outcome.REFUSE else ()
        _offer, facts, reviewed = kept[0]
    else:
        offers = ()
        facts = _as_asked(case, rulebook, priced.annual_rate, on)
        reviewed = _with_a_reason(review(facts, rulebook.review))
    shares = rulebook.review.affordability
    return Decision(
        review=reviewed,
        price=priced,
        match=matched,
        offers=offers,
        facts=facts,
        budget=budget_of(case.household, shares, case.debts),
        ways=ways_out(case.household, shares, facts.installment, case.debts),
    )


def _bounds(case: Case, rulebook: Rulebook) -> Bounds:
    return Bounds(
        household=case.household,
        affordability=rulebook.review.affordability,
        rate_cap=rulebook.limits.cap,
        room=max(0, rulebook.review.highest_exposure - case.exposure),
    )


def _facts_of(case: Case, rulebook: Rulebook, offers: Sequence[Offer]) -> Iterator[tuple[Offer, Facts]]:
    for offer in offers:
        yield (
            offer,
            _facts(
                case,
                rulebook,
                principal=offer.principal,
                installment=offer.highest,
                stressed=offer.stressed_highest,
                all_in_rate=offer.all_in_rate,
            ),
        )


def _as_asked(case: Case, rulebook: Rulebook, annual_rate: Decimal, on: date) -> Facts:
    """Return the facts of the loan that was asked for, as near to it as the product comes."""
    product, need = case.product, case.need
    terms = product.schedule_terms(
        principal=min(max(need.amount, product.min_principal), product.max_principal),
        annual_rate=annual_rate,
        count=min(max(need.months, product.min_count), product.max_count),
        disbursed_on=on,
    )
    rows = build_schedule(terms)
    rates = all_in_rates(terms, rows)
    dearer = replace(terms, annual_rate=annual_rate + rulebook.review.affordability.stressed_rate)
    return _facts(
        case,
        rulebook,
        principal=terms.principal,
        installment=max(row.total for row in rows),
        stressed=max(row.total for row in build_schedule(dearer)),
        all_in_rate=max(rates.irr_nominal, rates.irr_effective),
    )


def _facts(
    case: Case, rulebook: Rulebook, *, principal: int, installment: int, stressed: int, all_in_rate: Decimal
) -> Facts:
    return Facts(
        age=case.age,
        is_resident=case.is_resident,
        household=case.household,
        installment=installment,
        stressed_installment=stressed,
        all_in_rate=all_in_rate,
        rate_cap=rulebook.limits.cap,
        exposure=case.exposure + principal,
        has_fraud_flag=case.has_fraud_flag,
        open_lenders=case.open_lenders,
        inquiries=case.inquiries,
        days_past_due_elsewhere=case.days_past_due_elsewhere,
        repays_other_loans=case.repays_other_loans,
        score=case.score,
        by_person=case.by_person,
    )


def _with_a_reason(reviewed: Review) -> Review:
    """Nothing can be offered although no rule says so: then a person looks, and the applicant is told that."""
    if reviewed.outcome is Outcome.APPROVE:
        return Review(Outcome.REFER, (Finding(Outcome.REFER, Reason.NOTHING_FITS),))
    return reviewed

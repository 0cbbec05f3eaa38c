"""
One decision on a need: the price for this applicant, what can be offered, and the review of the first of the offers.

What is known of an applicant holds whatever the loan; what a loan does to the month comes from the offer. Where nothing
can be offered, the review looks at what was asked for, in its gentlest form, so that a refusal says the true figures.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dashu.finance.affordability import Household
from dashu.finance.rate_cap import RateLimits
from dashu.policy.credit_pricing import PricingRules
from dashu.policy.credit_rules import Outcome, ReviewRules
from loans.domain.credit_review import Facts, Reason, Review, review
from loans.domain.offers import Bounds, Match, Need, Offer, gentlest_as_asked, match
from loans.domain.pricing import Price, price
from loans.domain.terms import ProductRules


@dataclass(frozen=True, slots=True)
class Known:
    """
    What is known of an applicant, as `loans.domain.credit_review.Facts` has it, without the loan.

    :param exposure: of the borrower's group with this lender before the loan; minor units.
    :param score: points, None where nobody scored.
    :param by_person: reasons why a person decides whatever the figures say.
    """

    age: int
    is_resident: bool
    household: Household
    exposure: int = 0
    has_fraud_flag: bool = False
    open_lenders: int = 0
    inquiries: Mapping[int, int] = field(default_factory=dict)
    days_past_due_elsewhere: int = 0
    repays_other_loans: bool = False
    score: int | None = None
    by_person: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """All that a decision is held against: dated data of the day."""

    review: ReviewRules
    pricing: PricingRules
    limits: RateLimits


@dataclass(frozen=True, slots=True)
class Decision:
    """
    :param reviewed: the loan that was reviewed: the first offer, or what was asked for; None: it was no loan at all.
    :param offers: those of the match that nobody has to look at more closely than at the one reviewed.
    :param facts: what was held against the rules.
    """

    price: Price
    match: Match
    reviewed: Offer | None
    offers: tuple[Offer, ...]
    review: Review
    facts: Facts = field(compare=False)

    @property
    def outcome(self) -> Outcome:
        """That of the review; without any offer it is a refusal, whose reasons are the findings and the limits."""
        return self.review.outcome if self.match.offers else Outcome.REFUSE


def decide(known: Known, need: Need, product: ProductRules, rules: Rules, *, on: date) -> Decision:
    """
    Return the price, the offers and the review of a need.

    :param on: the day of the payout, whose rules these are.
    :raises NotMatched: the product's loans are not repaid month by month.
    """
    priced = price(
        score=known.score,
        has_proved_income=known.household.income.verified is not None,
        rules=rules.pricing,
        limits=rules.limits,
        lowest=product.min_annual_rate,
        highest=product.max_annual_rate,
    )
    bounds = Bounds(
        household=known.household,
        affordability=rules.review.affordability,
        rate_cap=rules.limits.cap,
        room=max(0, rules.review.highest_exposure - known.exposure),
    )
    found = match(need, product, priced.annual_rate, bounds, on=on)
    reviewed = found.offers[0] if found.offers else gentlest_as_asked(need, product, priced.annual_rate, bounds, on=on)
    facts = review_facts(known, reviewed, rules)
    held = review(facts, rules.review)
    offers = tuple(
        offer
        for offer in found.offers
        if review(review_facts(known, offer, rules), rules.review).outcome <= held.outcome
    )
    return Decision(priced, found, reviewed, offers, held, facts)


def review_facts(known: Known, loan: Offer | None, rules: Rules) -> Facts:
    """Return the facts of a review: what is known, with what one loan does; without a loan it costs nothing."""
    return Facts(
        age=known.age,
        is_resident=known.is_resident,
        household=known.household,
        installment=loan.highest if loan else 0,
        stressed_installment=loan.stressed_highest if loan else 0,
        all_in_rate=loan.all_in_rate if loan else rules.limits.cap,
        rate_cap=rules.limits.cap,
        exposure=known.exposure + (loan.principal if loan else 0),
        has_fraud_flag=known.has_fraud_flag,
        open_lenders=known.open_lenders,
        inquiries=known.inquiries,
        days_past_due_elsewhere=known.days_past_due_elsewhere,
        repays_other_loans=known.repays_other_loans,
        score=known.score,
        by_person=known.by_person,
    )

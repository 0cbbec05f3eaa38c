"""A decision as it was kept, in the reader's language."""

from decimal import Decimal

from dashu.policy.credit_rules import Outcome
from loans.domain.credit_review import Finding, Reason
from loans.domain.offers import Limited, Obstacle
from loans.domain.pricing import PriceReason, PriceStep
from loans.domain.scorecards import Shortfall
from loans.models import CreditReview
from loans.reason_words import ReasonWords, limits_in_words, price_step_in_words, reasons_in_words
from loans.scoring.serving import scorecard


def review_in_words(review: CreditReview) -> list[ReasonWords]:
    """
    Return the reasons of a decision as it was kept: those of the rules, else what kept an offer from being made.

    A refusal names what refuses; what only has a person look would be read as a reason that it is not.
    """
    findings = [
        Finding(Outcome[kept["outcome"]], Reason(kept["reason"]), kept["found"], kept["limit"], kept["days"])
        for kept in review.findings
        if kept["outcome"] == review.outcome or review.outcome != CreditReview.Outcome.REFUSE
    ]
    return reasons_in_words(findings, _shortfalls_of(review)) or limits_of_review(review)


def limits_of_review(review: CreditReview) -> list[ReasonWords]:
    """Say what kept the offers of a decision from being what was asked for."""
    kept = review.answer.get("limits", [])
    return limits_in_words([Limited(Obstacle(each["obstacle"]), each["found"], each["limit"]) for each in kept])


def price_of_review(review: CreditReview) -> list[str]:
    """Say what the price of a decision is made of, step by step."""
    steps = (review.price or {}).get("steps", [])
    return [
        price_step_in_words(
            PriceStep(PriceReason(kept["reason"]), Decimal(kept["change"]), kept["found"], kept["limit"])
        )
        for kept in steps
    ]


def _shortfalls_of(review: CreditReview) -> list[Shortfall]:
    if not review.scorecard:
        return []
    by_name = {each.name: each for each in scorecard(review.scorecard).characteristics}
    return [Shortfall(by_name[kept["characteristic"]], kept["points"]) for kept in review.shortfalls]

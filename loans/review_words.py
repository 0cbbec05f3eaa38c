"""A decision as it was kept, in the reader's language."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, ngettext

from dashu.policy.credit_rules import Outcome
from dashu.web.templatetags.dashu import money
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

    A refusal names what refuses; what only has a person look would be read as a reason that it is not. Where a person
    refuses, these are the reasons that the person chose.
    """
    findings = [
        Finding(Outcome[kept["outcome"]], Reason(kept["reason"]), kept["found"], kept["limit"], kept["days"])
        for kept in review.findings
        if _counts(kept, review)
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


@dataclass(frozen=True, slots=True)
class Way:
    """
    What would make the installment fit the month, by itself.

    :param code: stable, for programs.
    :param words: one sentence.
    :param minor: the amount a month that it is about, minor units; `months`: how long to wait; None: not about that.
    """

    code: str
    words: str
    minor: int | None = None
    months: int | None = None


def ways_of_review(review: CreditReview, currency: str) -> Iterator[Way]:
    """Say what would change the answer, each by itself; nothing where the month carries the installment."""
    ways = review.answer.get("ways", {})
    if not ways.get("missing"):
        return
    if minor := ways["lower_debts_by"]:
        words = gettext("Debt payments that are %(amount)s a month lower than now.")
        yield Way("lower_debts", words % {"amount": money(minor, currency)}, minor=minor)
    if months := ways["wait_months"]:
        words = ngettext(
            "Waiting %(count)s month: by then enough of your debts has ended.",
            "Waiting %(count)s months: by then enough of your debts has ended.",
            months,
        )
        yield Way("wait", words % {"count": months}, months=months)
    if minor := ways["prove_income"]:
        words = gettext("Proof of the whole income that you stated, %(amount)s a month.")
        yield Way("prove_income", words % {"amount": money(minor, currency)}, minor=minor)


def _counts(kept: dict[str, Any], review: CreditReview) -> bool:
    if review.outcome != CreditReview.Outcome.REFUSE:
        return True
    chosen = review.answer.get("reasons")
    return kept["outcome"] == review.outcome if chosen is None else kept["reason"] in chosen


def _shortfalls_of(review: CreditReview) -> list[Shortfall]:
    if not review.scorecard:
        return []
    by_name = {each.name: each for each in scorecard(review.scorecard).characteristics}
    return [Shortfall(by_name[kept["characteristic"]], kept["points"]) for kept in review.shortfalls]

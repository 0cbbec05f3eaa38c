"""
Which loan a bank line pays, with a score and the reasons for it.

A reference in the text decides: 100. Without one, the amount and the payer's name are weighed against what each
borrower owes on the line's day. What is not plainly one loan's money is never booked without a person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from repayments.domain.bank_text import likeness

BY_REFERENCE = 100
MOST_SUGGESTIONS = 5


class Rule(StrEnum):
    LOAN_NUMBER = "LOAN_NUMBER"
    VIRTUAL_ACCOUNT = "VIRTUAL_ACCOUNT"
    CHECKOUT = "CHECKOUT"
    PAYMENT = "PAYMENT"
    AMOUNT_AND_NAME = "AMOUNT_AND_NAME"
    BY_HAND = "BY_HAND"


class Why(StrEnum):
    """What speaks for a suggestion, or against booking it without a person; see `repayments.bank_words`."""

    LOAN_NUMBER = "LOAN_NUMBER"
    VIRTUAL_ACCOUNT = "VIRTUAL_ACCOUNT"
    CHECKOUT = "CHECKOUT"
    PAYMENT = "PAYMENT"
    BOOKED_ALREADY = "BOOKED_ALREADY"
    SETTLED = "SETTLED"
    DUE_NOW = "DUE_NOW"
    INSTALLMENT = "INSTALLMENT"
    PAYOFF = "PAYOFF"
    SAME_NAME = "SAME_NAME"
    NAME_ALIKE = "NAME_ALIKE"
    OTHER_AMOUNT = "OTHER_AMOUNT"
    EARLY = "EARLY"


@dataclass(frozen=True, slots=True)
class Reason:
    why: Why
    values: Mapping[str, Any] = field(default_factory=dict)


class Weights(Protocol):
    """How much counts, in points of 100: `dashu.policy.rules.MatchWeights`, the rule `bank_matching.scores`."""

    @property
    def auto(self) -> int: ...
    @property
    def suggest(self) -> int: ...
    @property
    def ambiguous_within(self) -> int: ...
    @property
    def name(self) -> int: ...
    @property
    def amount(self) -> int: ...
    @property
    def unequal_name_cap(self) -> int: ...
    @property
    def early_days(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Debt:
    """
    What a loan asks on the line's day, `on`; minor units.

    :param due_now: what brings it up to date, penalty included; 0 when nothing is due.
    :param due_on: the day of its oldest unpaid installment that is due, None when nothing is.
    :param unpaid: the unpaid installments by due date, each with its own amount.
    :param payoff: what ends it that day, and `left`, all that is still to be paid.
    """

    loan_id: int
    borrower_id: int
    borrower_name: str
    on: date
    due_now: int
    due_on: date | None
    unpaid: tuple[tuple[date, int], ...]
    payoff: int
    left: int
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """
    A loan that the line's text names.

    :param is_booked: what it names is money that is on the books already, so this line may be the same money.
    """

    loan_id: int
    rule: Rule
    reference: str
    is_booked: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """:param may_book_alone: nothing speaks against booking it without a person, once the score reaches `auto`."""

    loan_id: int
    score: int
    rule: Rule
    reasons: tuple[Reason, ...]
    may_book_alone: bool = True


def suggestions(
    *, amount: int, payer: str, named: Iterable[Named], debts: Mapping[int, Debt], weights: Weights
) -> list[Suggestion]:
    """
    Return the loans that the line may pay, the likeliest first; never more than a handful.

    :param debts: by the loan's id; loans that `named` speaks of but that owe and owed nothing are left out.
    """
    found: dict[int, Suggestion] = {}
    for one in named:
        debt = debts.get(one.loan_id)
        known = found.get(one.loan_id)
        if debt is not None and (known is None or not known.may_book_alone):
            found[one.loan_id] = _by_reference(one, debt)
    for debt in debts.values():
        if debt.loan_id not in found and not debt.is_settled:
            weighed = _by_amount_and_name(amount, payer, debt, weights)
            if weighed.score >= weights.suggest:
                found[debt.loan_id] = weighed
    return sorted(found.values(), key=lambda one: (-one.score, one.loan_id))[:MOST_SUGGESTIONS]


def sure_one(found: Sequence[Suggestion], weights: Weights) -> Suggestion | None:
    """
    Return the match that may be booked without a person, None where there is none.

    Where the text names a loan, only other loans that it names can make it doubtful.
    """
    if not found or found[0].score < weights.auto or not found[0].may_book_alone:
        return None
    best, *others = found
    by_amount = best.rule is Rule.AMOUNT_AND_NAME
    rivals = [one for one in others if by_amount or one.rule is not Rule.AMOUNT_AND_NAME]
    if any(best.score - one.score <= weights.ambiguous_within for one in rivals):
        return None
    return best


def _by_reference(named: Named, debt: Debt) -> Suggestion:
    reasons = [Reason(Why(named.rule.value), {"reference": named.reference})]
    if named.is_booked:
        reasons.append(Reason(Why.BOOKED_ALREADY, {"reference": named.reference}))
    if debt.is_settled:
        reasons.append(Reason(Why.SETTLED))
    may = not named.is_booked and not debt.is_settled
    return Suggestion(debt.loan_id, BY_REFERENCE, named.rule, tuple(reasons), may_book_alone=may)


def _by_amount_and_name(amount: int, payer: str, debt: Debt, weights: Weights) -> Suggestion:
    alike = likeness(payer, debt.borrower_name)
    about_amount = _about_amount(amount, debt)
    name_points = alike if alike == 100 else min(alike, weights.unequal_name_cap)
    score = (weights.name * name_points + weights.amount * (100 if about_amount else 0)) // 100
    about_name = Reason(Why.SAME_NAME) if alike == 100 else Reason(Why.NAME_ALIKE, {"percent": alike})
    other = Reason(Why.OTHER_AMOUNT, {"due_minor": debt.due_now or (debt.unpaid[0][1] if debt.unpaid else 0)})
    reasons = [about_amount or other, about_name]
    is_early = about_amount is not None and _days_early(about_amount, debt) > weights.early_days
    if is_early:
        reasons.append(Reason(Why.EARLY, {"days": weights.early_days}))
    return Suggestion(
        debt.loan_id,
        min(score, BY_REFERENCE - 1),
        Rule.AMOUNT_AND_NAME,
        tuple(reasons),
        may_book_alone=not is_early,
    )


def _days_early(about_amount: Reason, debt: Debt) -> int:
    """Return how many days before its due date the installment is paid; money far ahead is often paid twice."""
    return (about_amount.values["due_on"] - debt.on).days if about_amount.why is Why.INSTALLMENT else 0


def _about_amount(amount: int, debt: Debt) -> Reason | None:
    """Say which of the loan's amounts this is; the oldest installment first, since that is what people pay."""
    for due_on, unpaid in debt.unpaid:
        if unpaid == amount:
            return Reason(Why.INSTALLMENT, {"due_on": due_on})
    if debt.due_now and amount == debt.due_now:
        return Reason(Why.DUE_NOW, {"due_on": debt.due_on})
    if amount in (debt.payoff, debt.left):
        return Reason(Why.PAYOFF)
    return None

"""What is agreed with a borrower who is behind, and how they are left in peace, as a policy pack writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from dashu.finance.installments import Component
from dashu.policy.answering import named_codes_of
from dashu.policy.plain import count, yes_or_no
from dashu.policy.rate_bounds import fraction


@dataclass(frozen=True, slots=True)
class PromiseLimits:
    """
    How often a promise is taken without a person thinking of something else.

    :param broken: so many broken ones within `within_days`, and another needs more than a click.
    :param remind_days: before the promised day on which the borrower is reminded of it, once.
    :param least_share: of what is due now, for which somebody of ours notes a promise.
    """

    broken: int
    within_days: int
    remind_days: int
    least_share: Decimal


@dataclass(frozen=True, slots=True)
class ArrangementTerms:
    """
    Several payments as one plan beside the schedule, which stays as it is.

    :param own_parts, own_months: how far a borrower may agree it by themselves.
    """

    longest_months: int
    most_parts: int
    own_months: int
    own_parts: int


@dataclass(frozen=True, slots=True)
class SettlementTerms:
    """
    How a debt may be ended for less than what is owed.

    :param order: in which order claims are given up; all four, each once.
    :param longest_days: from the offer to the last payment.
    :param accept_days: that the borrower has to decide.
    :param grace_days: after the day of a payment; past them the settlement is broken.
    :param least_days_past_due: from which on an offer can be made at all; a charged-off loan always may have one.
    :param deep_share: of what is owed; whoever gives up more than this needs the authority of `settlement.deep`.
    """

    order: tuple[Component, ...]
    longest_days: int
    most_parts: int
    accept_days: int
    grace_days: int
    least_days_past_due: int
    deep_share: Decimal


class Contact(StrEnum):
    """Whom a hold leaves in peace: the PERSON with all their loans, the LOAN alone, or NONE."""

    PERSON = "PERSON"
    LOAN = "LOAN"
    NONE = "NONE"


class Settling(StrEnum):
    """
    Whether a settlement is offered while a hold runs: NEVER, where the borrower ASKED for it themselves, or to whoever
    speaks for the ESTATE.
    """

    NEVER = "NEVER"
    ASKED = "ASKED"
    ESTATE = "ESTATE"


@dataclass(frozen=True, slots=True)
class HoldEffects:
    """
    What a kind of hold does by itself.

    :param pauses_count: no penalty is charged, and the days past due stand still.
    :param bars_lending: nothing more is paid out to the borrower.
    :param mark: under which the loan is reported while it runs, empty for none.
    :param review_days: after which somebody looks whether it is still right.
    :param longest_days: None where it lasts until somebody ends it.
    """

    contact: Contact
    settlement: Settling
    pauses_count: bool
    bars_lending: bool
    mark: str
    review_days: int
    longest_days: int | None

    def latest_end(self, starts_on: date) -> date | None:
        return None if self.longest_days is None else starts_on + timedelta(days=self.longest_days - 1)


@dataclass(frozen=True, slots=True)
class SpecialCare:
    """
    What is kept of a borrower who needs special care, as little as possible.

    :param categories: a name by language for each code.
    :param sensitive: codes that are kept only with the borrower's consent.
    :param review_days: after which somebody asks whether it still holds.
    :param more_days: that the borrower has to answer, beyond what others have.
    """

    categories: Mapping[str, Mapping[str, str]]
    sensitive: frozenset[str]
    review_days: int
    more_days: int


def promise_limits_of(value: Any) -> PromiseLimits:
    limits = PromiseLimits(
        count(value["broken"]),
        count(value["within_days"]),
        count(value["remind_days"]),
        fraction(value["least_share"]),
    )
    if not 0 <= limits.least_share <= 1:
        raise ValueError(f"least_share lies from 0 to 1, not {limits}")
    if not (limits.broken >= 1 and 1 <= limits.within_days <= 366 and 1 <= limits.remind_days <= 7):
        raise ValueError(f"broken from 1, within_days from 1 to 366, remind_days from 1 to 7, not {limits}")
    return limits


def arrangement_terms_of(value: Any) -> ArrangementTerms:
    terms = ArrangementTerms(**{name: count(number) for name, number in value.items()})
    if not (1 <= terms.own_months <= terms.longest_months <= 36 and 2 <= terms.own_parts <= terms.most_parts <= 60):
        raise ValueError(f"a borrower alone goes no further than staff, 36 months and 60 parts at most: {terms}")
    return terms


def settlement_terms_of(value: Any) -> SettlementTerms:
    terms = SettlementTerms(
        order=tuple(Component(str(name)) for name in value["order"]),
        longest_days=count(value["longest_days"]),
        most_parts=count(value["most_parts"]),
        accept_days=count(value["accept_days"]),
        grace_days=count(value["grace_days"]),
        least_days_past_due=count(value["least_days_past_due"]),
        deep_share=fraction(value["deep_share"]),
    )
    if sorted(terms.order) != sorted(Component):
        raise ValueError(f"the order names each of {', '.join(sorted(Component))} once, not {', '.join(terms.order)}")
    if not (1 <= terms.accept_days <= terms.longest_days <= 1096 and terms.grace_days <= 31):
        raise ValueError(f"accept_days lie within longest_days, at most 1096; grace_days up to 31: {terms}")
    if not (1 <= terms.most_parts <= 36 and 0 < terms.deep_share < 1):
        raise ValueError(f"1 to 36 parts, and a deep_share between 0 and 1: {terms}")
    return terms


def hold_effects_of(value: Any) -> Mapping[str, HoldEffects]:
    """Read the effects by kind of hold."""
    return {str(kind): _effects(effects) for kind, effects in value.items()}


def special_care_of(value: Any) -> SpecialCare:
    care = SpecialCare(
        categories=named_codes_of(value["categories"]),
        sensitive=frozenset(str(code) for code in value["sensitive"]),
        review_days=count(value["review_days"]),
        more_days=count(value["more_days"]),
    )
    if unknown := care.sensitive - set(care.categories):
        raise ValueError(f"sensitive names unknown categories {sorted(unknown)}")
    if not (1 <= care.review_days <= 1096 and care.more_days <= 60):
        raise ValueError(f"review_days from 1 to 1096, more_days up to 60, not {care}")
    return care


def _effects(value: Any) -> HoldEffects:
    longest = value["longest_days"]
    effects = HoldEffects(
        contact=Contact(str(value["contact"]).upper()),
        settlement=Settling(str(value["settlement"]).upper()),
        pauses_count=yes_or_no(value["pauses_count"]),
        bars_lending=yes_or_no(value["bars_lending"]),
        mark=str(value["mark"]),
        review_days=count(value["review_days"]),
        longest_days=None if longest is None else count(longest),
    )
    if not 1 <= effects.review_days <= 366 or effects.longest_days == 0:
        raise ValueError(f"a hold is looked at after 1 to 366 days, and lasts at least one: {effects}")
    return effects

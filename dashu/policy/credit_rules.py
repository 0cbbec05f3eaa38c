"""
Who is lent to, and how an offer is shown, as a policy pack writes it.

Bars on facts, shares of a month and points of a score; seconds of reading and days to think it over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any

from dashu.finance.affordability import AffordabilityRules
from dashu.kernel.money import parse_minor
from dashu.policy.rate_bounds import fraction

# What a pack may let a person set aside. Capacity, residence, fraud, cap, exposure and the month are not among them.
SET_ASIDE_AT_MOST = frozenset({"overdue_elsewhere", "too_many_lenders", "many_inquiries", "low_score"})


class Outcome(IntEnum):
    """The worse the higher, so that the outcome of a review is the highest of what its rules find."""

    APPROVE = 0
    REFER = 1
    REFUSE = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """From `refers` on a person decides, from `refuses` on the answer is no; None: never."""

    refers: int | None = None
    refuses: int | None = None

    def outcome_of(self, value: int) -> Outcome:
        if self.refuses is not None and value >= self.refuses:
            return Outcome.REFUSE
        return Outcome.REFER if self.refers is not None and value >= self.refers else Outcome.APPROVE


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """Below `refers` points a person decides, below `refuses` the answer is no; None: never by points alone."""

    refers: int
    refuses: int | None = None

    def outcome_of(self, score: int) -> Outcome:
        if self.refuses is not None and score < self.refuses:
            return Outcome.REFUSE
        return Outcome.REFER if score < self.refers else Outcome.APPROVE


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """
    :param least_age: years; legal capacity, not a wish for older or younger customers.
    :param lenders: bar on other lenders with whom a loan runs.
    :param inquiries: bars by the length of the window in days.
    :param overdue_elsewhere: bar on days past due with other lenders, today.
    :param highest_exposure: of one group of borrowers with this lender, minor units.
    :param essentials_first, essentials_further: what one person is taken to need a month, and each one more.
    :param person_may_set_aside: reasons of a refusal in spite of which a person may approve.
    :param person_hours: within which a person decides what the rules refer.
    :param review_business_days: within which a person answers whoever asks to have a refusal looked at again.
    """

    least_age: int
    lenders: Bar
    inquiries: Mapping[int, Bar]
    overdue_elsewhere: Bar
    highest_exposure: int
    score: ScoreBar
    affordability: AffordabilityRules
    essentials_first: int = 0
    essentials_further: int = 0
    person_may_set_aside: frozenset[str] = frozenset()
    person_hours: int = 48
    review_business_days: int = 7

    def essentials_floor(self, persons: int) -> int:
        """Return the least that a household of so many persons is taken to spend on essentials a month, minor units."""
        return self.essentials_first + self.essentials_further * (persons - 1)


def review_rules_of(value: Any) -> ReviewRules:
    """Read the rules of credit review; ValueError, TypeError or KeyError where the pack says something else."""
    rules = ReviewRules(
        least_age=_count(value["least_age"]),
        lenders=_bar(value["lenders"]),
        inquiries={int(days): _bar(bar) for days, bar in value["inquiries"].items()},
        overdue_elsewhere=_bar(value["overdue_elsewhere"]),
        highest_exposure=parse_minor(value["highest_exposure"], "CNY", field="highest_exposure"),
        score=_score_bar(value["score"]),
        affordability=AffordabilityRules(**{name: _share(share) for name, share in value["affordability"].items()}),
        essentials_first=parse_minor(value["essentials"]["first"], "CNY", field="essentials"),
        essentials_further=parse_minor(value["essentials"]["further"], "CNY", field="essentials"),
        person_may_set_aside=_set_aside(value.get("person_may_set_aside", ())),
        person_hours=_count(value["answers"]["person_hours"]),
        review_business_days=_count(value["answers"]["review_business_days"]),
    )
    if rules.affordability.watched_debt > rules.affordability.highest_debt:
        raise ValueError("debts are watched before they are too high")
    return rules


def _set_aside(value: Any) -> frozenset[str]:
    names = frozenset(str(name) for name in value)
    if beyond := names - SET_ASIDE_AT_MOST:
        raise ValueError(f"nobody sets aside {sorted(beyond)}")
    return names


def _score_bar(value: Any) -> ScoreBar:
    refuses = value.get("refuses")
    bar = ScoreBar(_count(value["refers"]), None if refuses is None else _count(refuses))
    if bar.refuses is not None and bar.refuses > bar.refers:
        raise ValueError("a score is looked at before it is too low")
    return bar


def _bar(value: Any) -> Bar:
    bar = Bar(**{name: None if limit is None else _count(limit) for name, limit in value.items()})
    if bar.refers is not None and bar.refuses is not None and bar.refers > bar.refuses:
        raise ValueError(f"what is refused was looked at before: {value!r}")
    return bar


def _share(value: Any) -> Decimal:
    share = fraction(value)
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {value!r}")
    return share


def _yes_or_no(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"expected true or false, not {value!r}")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"expected a whole number that is not negative, not {value!r}")
    return value


@dataclass(frozen=True, slots=True)
class PayoutRules:
    """
    How the money of a signed contract leaves.

    :param automatic_up_to: minor units; above it one person asks for the payout and another approves it.
    :param compared_identity: whether what lies above it also waits until somebody has compared the borrower's identity
        with the card.
    :param give_up_days: after the signature; a contract whose money has not arrived by then is cancelled.
    :param return_days: in which the sum is paid back after the borrower said that they give the loan back.
    """

    automatic_up_to: int
    compared_identity: bool
    give_up_days: int
    return_days: int


def payout_rules_of(value: Any) -> PayoutRules:
    """Read the rules of payouts; ValueError, TypeError, KeyError or InvalidAmount where the pack says otherwise."""
    rules = PayoutRules(
        automatic_up_to=parse_minor(
            value["automatic_up_to"], str(value["currency"]), field="automatic_up_to", allow_zero=True
        ),
        compared_identity=_yes_or_no(value["compared_identity"]),
        give_up_days=_count(value["give_up_days"]),
        return_days=_count(value["return_days"]),
    )
    if not (1 <= rules.give_up_days <= 60 and 1 <= rules.return_days <= 30):
        raise ValueError(f"a payout is given up after 1 to 60 days, a loan returned in 1 to 30, not {value!r}")
    return rules


@dataclass(frozen=True, slots=True)
class DisclosureRules:
    """
    How an offer is shown before it binds anyone.

    :param reading_seconds: the least time for which the cost sheet is open before it can be confirmed.
    :param offer_days: from the day of the offer to the last day on which it can be signed.
    :param cooling_off_days: after the payout, in which the loan is given back without cost; 0: none.
    """

    reading_seconds: int
    offer_days: int
    cooling_off_days: int


def disclosure_rules_of(value: Any) -> DisclosureRules:
    """Read the rules of disclosure; ValueError, TypeError or KeyError where the pack says something else."""
    rules = DisclosureRules(**{name: _count(given) for name, given in value.items()})
    if not (5 <= rules.reading_seconds <= 600 and 1 <= rules.offer_days <= 90 and rules.cooling_off_days <= 60):
        raise ValueError(f"reading takes 5 to 600 seconds, an offer 1 to 90 days, cooling off 0 to 60, not {value!r}")
    return rules

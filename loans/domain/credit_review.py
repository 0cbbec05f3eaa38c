"""
Whether a loan may be lent: hard rules on facts, each with its reason, and one outcome.

The rules are data of the day; nothing here knows a figure. Each finding says what was found and what it is held
against, so that a screen can tell it in words. A better fact never makes the outcome worse, and neither age beyond
legal capacity nor sex nor region is asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from dashu.finance.affordability import Household
from dashu.policy.credit_rules import Outcome, ReviewRules


class Reason(StrEnum):
    UNDER_AGE = "under_age"
    NOT_RESIDENT = "not_resident"
    FRAUD_FLAG = "fraud_flag"
    OVERDUE_ELSEWHERE = "overdue_elsewhere"
    TOO_MANY_LENDERS = "too_many_lenders"
    MANY_INQUIRIES = "many_inquiries"
    REPAYS_OTHER_LOANS = "repays_other_loans"
    NO_SURPLUS = "no_surplus"
    DEBT_SHARE = "debt_share"
    STRESSED = "stressed"
    RATE_ABOVE_CAP = "rate_above_cap"
    GROUP_EXPOSURE = "group_exposure"
    LOW_SCORE = "low_score"
    # Why a person decides whatever the figures say.
    NO_CREDIT_REPORT = "no_credit_report"
    PERSON_ASKED_FOR = "person_asked_for"
    BUSINESS_LOAN = "business_loan"
    SEEN_BEFORE = "seen_before"
    CARD_UNCONFIRMED = "card_unconfirmed"


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What is known of an applicant and of the loan that is asked for. Amounts in minor units a month unless said.

    :param inquiries: of other lenders, by the length of the window in days.
    :param open_lenders: with whom a loan runs.
    :param repays_other_loans: whether the money is to pay off other loans.
    :param installment, stressed_installment: the highest of the new loan, as priced and in the stress case.
    :param all_in_rate, rate_cap: yearly, fractions.
    :param exposure: of the borrower's group with this lender, the new loan included; minor units.
    :param score: points, None where nobody scored.
    :param by_person: reasons why a person decides whatever the figures say.
    """

    age: int
    is_resident: bool
    household: Household
    installment: int
    stressed_installment: int
    all_in_rate: Decimal
    rate_cap: Decimal
    exposure: int
    has_fraud_flag: bool = False
    open_lenders: int = 0
    inquiries: Mapping[int, int] = field(default_factory=dict)
    days_past_due_elsewhere: int = 0
    repays_other_loans: bool = False
    score: int | None = None
    by_person: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One rule that did not simply pass.

    :param found, limit: plain values for the sentence; None where the reason alone says it.
    :param days: the length of the window in which it was counted; None where there is none.
    """

    outcome: Outcome
    reason: Reason
    found: int | str | None = None
    limit: int | str | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """:param findings: the gravest first, in the order of the rules among equals; empty only when approved."""

    outcome: Outcome
    findings: tuple[Finding, ...]


def review(facts: Facts, rules: ReviewRules) -> Review:
    """Hold the facts against every rule; none is left out because another has decided already."""
    findings = sorted(_findings(facts, rules), key=lambda finding: -finding.outcome)
    return Review(max((each.outcome for each in findings), default=Outcome.APPROVE), tuple(findings))


def _findings(facts: Facts, rules: ReviewRules) -> Iterator[Finding]:
    if facts.age < rules.least_age:
        yield Finding(Outcome.REFUSE, Reason.UNDER_AGE, facts.age, rules.least_age)
    if not facts.is_resident:
        yield Finding(Outcome.REFUSE, Reason.NOT_RESIDENT)
    if facts.has_fraud_flag:
        yield Finding(Outcome.REFUSE, Reason.FRAUD_FLAG)
    if facts.all_in_rate > facts.rate_cap:
        yield Finding(Outcome.REFUSE, Reason.RATE_ABOVE_CAP, str(facts.all_in_rate), str(facts.rate_cap))
    if facts.exposure > rules.highest_exposure:
        yield Finding(Outcome.REFUSE, Reason.GROUP_EXPOSURE, facts.exposure, rules.highest_exposure)
    yield from _of_other_loans(facts, rules)
    yield from _of_the_month(facts, rules)
    if facts.score is not None and (outcome := rules.score.outcome_of(facts.score)):
        yield Finding(outcome, Reason.LOW_SCORE, facts.score, rules.score.refers)
    for reason in facts.by_person:
        yield Finding(Outcome.REFER, reason)


def _of_other_loans(facts: Facts, rules: ReviewRules) -> Iterator[Finding]:
    for reason, value, bar, window in (
        (Reason.OVERDUE_ELSEWHERE, facts.days_past_due_elsewhere, rules.overdue_elsewhere, None),
        (Reason.TOO_MANY_LENDERS, facts.open_lenders, rules.lenders, None),
        *((Reason.MANY_INQUIRIES, facts.inquiries.get(days, 0), bar, days) for days, bar in rules.inquiries.items()),
    ):
        if outcome := bar.outcome_of(value):
            yield Finding(outcome, reason, value, bar.refuses if outcome is Outcome.REFUSE else bar.refers, window)
    if facts.repays_other_loans:  # not new money, so somebody looks at what it replaces
        yield Finding(Outcome.REFER, Reason.REPAYS_OTHER_LOANS)


def _of_the_month(facts: Facts, rules: ReviewRules) -> Iterator[Finding]:
    shares = rules.affordability
    month = facts.household.month(shares)
    burden = month.carrying(facts.installment, shares)
    if burden.surplus < 0:
        yield Finding(Outcome.REFUSE, Reason.NO_SURPLUS, burden.surplus, 0)
    if burden.takes_more_than(shares.highest_debt):
        yield Finding(Outcome.REFUSE, Reason.DEBT_SHARE, burden.debt_bps, _bps(shares.highest_debt))
    elif burden.takes_more_than(shares.watched_debt):
        yield Finding(Outcome.REFER, Reason.DEBT_SHARE, burden.debt_bps, _bps(shares.watched_debt))
    stressed = month.stressed(shares).carrying(facts.stressed_installment, shares)
    if stressed.takes_more_than(shares.highest_debt):
        yield Finding(Outcome.REFER, Reason.STRESSED, stressed.debt_bps, _bps(shares.highest_debt))


def _bps(share: Decimal) -> int:
    return int(share * 10_000)

"""
A reader's own figures in a lesson, or those of a neutral example, and the sentence that says which of them it is.

The example is one loan for all lessons, computed as a borrower's own: nothing of it is typed.
"""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal

from dashu.finance.annual_rates import all_in_rates
from dashu.finance.installments import Installment
from dashu.finance.penalty import PenaltyRule, penalty_parts
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.dates import add_months
from education.domain.figures.writing import day, percent, yuan
from education.domain.words import Words


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """
    What is known of a reader's own loans and month; None where it is not. Amounts in fen.

    :param all_in_rate: yearly, every cost counted, compound; a fraction.
    :param late_cost_per_day, late_cost_30_days: penalty if the next installment stays unpaid, as a live loan rounds it.
    :param monthly_debts: what all known debts take of a month, those of other lenders too where they were stated.
    :param essentials: what a month has to pay for whatever comes, without debts.
    :param observed_until: the last day of the observation after a plan was accepted.
    """

    next_installment: int | None = None
    next_due_on: date | None = None
    installments_left: int | None = None
    outstanding: int | None = None
    all_in_rate: Decimal | None = None
    late_cost_per_day: int | None = None
    late_cost_30_days: int | None = None
    monthly_debts: int | None = None
    income: int | None = None
    essentials: int | None = None
    observed_until: date | None = None


NAMES = frozenset(each.name for each in fields(OwnFigures))
NOTE = "note"
_COUNTS = frozenset({"installments_left"})

_RULE = PenaltyRule(annual_rate=Decimal("0.24"), year_days=360)
_STARTS_ON = date(2026, 9, 15)
_TERMS = ScheduleTerms(12_000_00, Decimal("0.18"), Method.EQUAL_INSTALLMENT, 12, _STARTS_ON)

_OF_AN_EXAMPLE: Words = {
    "zh-hans": "这里用的是一笔示例贷款，不是您的贷款。登录后会换成您自己的数字。",
    "zh-hant": "這裡用的是一筆範例貸款，不是您的貸款。登入後會換成您自己的數字。",
    "en": "These are the figures of an example, not of your loan. Sign in to see your own.",
}
_OF_THE_READER: Words = {
    "zh-hans": "这里用的是您自己的数字，只有您看得到。",
    "zh-hant": "這裡用的是您自己的數字，只有您看得到。",
    "en": "These are your own figures, and only you see them.",
}
_OF_BOTH: Words = {
    "zh-hans": "这里用的是您自己的数字，只有您看得到；标着“示例”的，我们还不知道您的情况。",
    "zh-hant": "這裡用的是您自己的數字，只有您看得到；標示「範例」的，我們還不知道您的情況。",
    "en": "These are your own figures, and only you see them. Where it says “example”, we do not know yours.",
}
_MARK: Words = {"zh-hans": "（示例）", "zh-hant": "（範例）", "en": " (example)"}


def example() -> OwnFigures:
    """Return the figures of the example, as somebody has them who has paid two of twelve installments."""
    rows = build_schedule(_TERMS)
    coming = rows[2]
    return OwnFigures(
        next_installment=coming.total,
        next_due_on=coming.due_on,
        installments_left=len(rows) - 2,
        outstanding=rows[1].balance,
        all_in_rate=all_in_rates(_TERMS, rows).irr_effective,
        late_cost_per_day=late_cost(coming.principal, 1),
        late_cost_30_days=late_cost(coming.principal, 30),
        monthly_debts=coming.total,
        income=6_500_00,
        essentials=3_500_00,
        observed_until=add_months(coming.due_on, 12),
    )


def late_cost(principal: int, days: int, rule: PenaltyRule = _RULE) -> int:
    """Return the penalty in fen on principal that is so many days late."""
    late = Installment(number=1, due_on=_STARTS_ON, principal=principal, interest=0)
    return rule.whole_minor(penalty_parts([late], _STARTS_ON, _STARTS_ON + timedelta(days=days), rule))


@dataclass(frozen=True, slots=True)
class OwnWords:
    """The own figures of one text, as written for its reader."""

    own: OwnFigures | None
    language: str
    names: frozenset[str]

    def of(self, name: str) -> str:
        """
        Write a figure: the reader's, or the example's, which is marked where others are the reader's.

        :raises KeyError: there is no such figure.
        """
        if name == NOTE:
            return self.note
        if name not in NAMES:
            raise KeyError(name)
        known = getattr(self.own, name) if self.own else None
        if known is not None:
            return _written(name, known, self.language)
        neutral = _written(name, getattr(example(), name), self.language)
        return neutral + _MARK[self.language] if self._known else neutral

    @property
    def note(self) -> str:
        if not self._known:
            return _OF_AN_EXAMPLE[self.language]
        return (_OF_THE_READER if self._known >= self.names - {NOTE} else _OF_BOTH)[self.language]

    @property
    def _known(self) -> frozenset[str]:
        if self.own is None:
            return frozenset()
        return frozenset(name for name in self.names & NAMES if getattr(self.own, name) is not None)


def _written(name: str, known: int | date | Decimal, language: str) -> str:
    if isinstance(known, date):
        return day(known, language)
    if isinstance(known, Decimal):
        return percent(known)
    return str(known) if name in _COUNTS else yuan(known)

"""
Repayment schedules: what is to be paid on which day, and which part of it is principal, interest and fee.

Interest of a period is rounded once, half-up to the minor unit; the installment is rounded by the product's own mode;
the last installment absorbs what rounding left. Every schedule ends with a balance of exactly 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from dashu.finance.day_counts import DayCount, days_between, year_fraction
from dashu.finance.periods import DueRule, Period
from dashu.finance.rounding import Rounding, to_minor
from dashu.kernel.dates import LATEST_YEAR
from dashu.kernel.errors import DomainError, _
from dashu.kernel.money import MAX_MINOR, split_minor


class Method(StrEnum):
    EQUAL_INSTALLMENT = "equal_installment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"
    BULLET = "bullet"
    FLAT = "flat"


class FeeTiming(StrEnum):
    UPFRONT = "upfront"
    SPREAD = "spread"
    EACH = "each"


class InvalidTerms(DomainError):
    """The terms contradict themselves or lie outside what a schedule can have; `field` names the culprit."""

    code = "invalid_terms"


@dataclass(frozen=True, slots=True)
class Fee:
    """
    One fee of the terms.

    :param timing: `upfront` is kept back from the payout, `spread` is split over the installments, `each` is added
        to every installment.
    """

    code: str
    minor: int
    timing: FeeTiming


@dataclass(frozen=True, slots=True)
class ScheduleTerms:
    """
    What a schedule is computed from.

    :param principal: minor units.
    :param annual_rate: nominal, a fraction: 0.18 for 18% a year.
    :param balloon: minor units of principal that stay for the last installment.
    """

    principal: int
    annual_rate: Decimal
    method: Method
    count: int
    disbursed_on: date
    due_rule: DueRule = DueRule(Period.MONTH)
    day_count: DayCount = DayCount.THIRTY_360
    rounding: Rounding = Rounding.HALF_UP
    balloon: int = 0
    fees: tuple[Fee, ...] = ()

    def __post_init__(self) -> None:
        self._refuse_contradictions()

    def _refuse_contradictions(self) -> None:
        if not 0 < self.principal <= MAX_MINOR:
            raise InvalidTerms(
                _("The principal must be more than 0 and inside the bound of amounts."), field="principal"
            )
        if not 0 <= self.annual_rate <= 10:
            raise InvalidTerms(
                _("The annual rate is a fraction between 0 and 10, for example 0.18."), field="annual_rate"
            )
        if not 1 <= self.count <= 600:
            raise InvalidTerms(_("A schedule has between 1 and 600 installments."), field="count")
        if not 1 <= self.due_rule.every <= 366:
            raise InvalidTerms(_("A period repeats every 1 to 366 units."), field="every")
        if self.due_rule.due_day is not None and not 1 <= self.due_rule.due_day <= 31:
            raise InvalidTerms(_("The due day is a day of the month, 1 to 31."), field="due_day")
        if self.due_rule.first_due_on and self.due_rule.first_due_on <= self.disbursed_on:
            raise InvalidTerms(_("The first due date must be after the disbursement."), field="first_due_on")
        if not self.due_rule.is_consistent:
            raise InvalidTerms(_("The first due date does not fall on the due day."), field="due_day")
        if not self._ends_in_range():
            raise InvalidTerms(_("The last installment would be due after 2199."), field="count")
        if not 0 <= self.balloon <= self.principal:
            raise InvalidTerms(_("The balloon cannot be more than the principal."), field="balloon")
        if sum(fee.minor for fee in self.fees if fee.timing is FeeTiming.UPFRONT) >= self.principal:
            raise InvalidTerms(_("Fees kept back must be less than the principal."), field="fees")

    def _ends_in_range(self) -> bool:
        try:
            return self.due_rule.due_dates(self.disbursed_on, self.count)[-1].year <= LATEST_YEAR
        except (ValueError, OverflowError):  # beyond the calendar
            return False


@dataclass(frozen=True, slots=True)
class Row:
    """One installment. `days` is counted by the day count; `balance` is the principal left after it."""

    number: int
    period_from: date
    due_on: date
    days: int
    principal: int
    interest: int
    fee: int
    balance: int

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.fee


@dataclass(frozen=True, slots=True)
class _Span:
    """One period: its dates and the interest it earns on one unit of principal."""

    start: date
    end: date
    days: int
    rate: Decimal


def build_schedule(terms: ScheduleTerms) -> tuple[Row, ...]:
    """
    Return the installments of `terms`, oldest first.

    Bullet has one row, at the end of the last period. Principal sums to the principal of the terms, no component is
    negative, and the last balance is 0.
    """
    spans = _spans(terms)
    rows = _rows(terms, spans, _parts(terms, spans))
    assert sum(row.principal for row in rows) == terms.principal
    assert rows[-1].balance == 0
    assert all(row.principal >= 0 and row.interest >= 0 and row.fee >= 0 for row in rows)
    return rows


def remaining_parts(terms: ScheduleTerms, done: int, balance: int) -> list[tuple[int, int]]:
    """
    Return principal and interest of the installments after the first `done`, when `balance` is what they repay.

    :param balance: minor units, more than 0; a balloon is never more than it.
    """
    smaller = replace(terms, principal=balance, balloon=min(terms.balloon, balance), fees=())
    return _parts(smaller, _spans(terms)[done:])


def level_installment(principal: int, period_rates: Sequence[Decimal], *, balloon: int = 0) -> Decimal:
    """
    Return the unrounded equal installment that repays `principal` less `balloon` over the given periods.

    With equal rates r this is the annuity formula P·r / (1 − (1 + r)^−n); with unequal ones (actual days) it is the
    payment whose present value over the actual periods is the principal.
    """
    discount, annuity = Decimal(1), Decimal(0)
    for rate in period_rates:
        discount /= 1 + rate
        annuity += discount
    return (principal - balloon * discount) / annuity


def _parts(terms: ScheduleTerms, spans: list[_Span]) -> list[tuple[int, int]]:
    """Return principal and interest of each period by the method of the terms."""
    if terms.method is Method.FLAT:
        return _flat(terms, spans)
    if terms.method is Method.EQUAL_PRINCIPAL:
        return _equal_principal(terms, spans)
    if terms.method is Method.EQUAL_INSTALLMENT:
        return _equal_installment(terms, spans)
    return _amortize(terms, spans, [0] * len(spans))


def _spans(terms: ScheduleTerms) -> list[_Span]:
    rule, basis = terms.due_rule, terms.day_count
    dues = rule.due_dates(terms.disbursed_on, terms.count)
    if dues[0] <= terms.disbursed_on:
        raise InvalidTerms(_("The first due date must be after the disbursement."), field="first_due_on")
    starts = [terms.disbursed_on, *dues[:-1]]
    spans = []
    for index, (start, end) in enumerate(zip(starts, dues, strict=True)):
        if _counts_as_whole_months(terms) and (index > 0 or rule.starts_regularly(terms.disbursed_on)):
            # A regular month is 30 days by definition, also from 31 January to 28 February.
            days, part = 30 * rule.every, Decimal(rule.every) / 12
        else:
            days, part = days_between(start, end, basis), year_fraction(start, end, basis)
        spans.append(_Span(start, end, days, terms.annual_rate * part))
    if terms.method is Method.BULLET:
        whole = _Span(starts[0], dues[-1], sum(s.days for s in spans), sum((s.rate for s in spans), Decimal(0)))
        return [whole]
    return spans


def _counts_as_whole_months(terms: ScheduleTerms) -> bool:
    return terms.due_rule.period is Period.MONTH and terms.day_count in (DayCount.THIRTY_360, DayCount.THIRTY_E_360)


def _equal_installment(terms: ScheduleTerms, spans: list[_Span]) -> list[tuple[int, int]]:
    unrounded = level_installment(terms.principal, [span.rate for span in spans], balloon=terms.balloon)
    installment = to_minor(unrounded, terms.rounding)
    parts, balance = [], terms.principal
    for span in spans[:-1]:
        interest = _interest(balance, span.rate)
        principal = min(max(installment - interest, 0), balance)
        parts.append((principal, interest))
        balance -= principal
    return [*parts, (balance, _interest(balance, spans[-1].rate))]


def _equal_principal(terms: ScheduleTerms, spans: list[_Span]) -> list[tuple[int, int]]:
    return _amortize(terms, spans, _level_parts(terms.principal - terms.balloon, len(spans), terms.rounding))


def _amortize(terms: ScheduleTerms, spans: list[_Span], principals: list[int]) -> list[tuple[int, int]]:
    """Pay the given principals with interest on the balance; the last installment takes what is left."""
    parts, balance = [], terms.principal
    for span, principal in zip(spans[:-1], principals, strict=False):
        parts.append((principal, _interest(balance, span.rate)))
        balance -= principal
    return [*parts, (balance, _interest(balance, spans[-1].rate))]


def _flat(terms: ScheduleTerms, spans: list[_Span]) -> list[tuple[int, int]]:
    """Interest on the first principal for the whole time, whatever has been repaid; both parts level."""
    interest = _interest(terms.principal, sum((span.rate for span in spans), Decimal(0)))
    principals = _level_parts(terms.principal - terms.balloon, len(spans), terms.rounding)
    principals[-1] += terms.balloon
    return list(zip(principals, _level_parts(interest, len(spans), terms.rounding), strict=True))


def _level_parts(total: int, count: int, rounding: Rounding) -> list[int]:
    """Split evenly by the product's rounding; rounding up stops when nothing is left, the last part takes the rest."""
    share, left, parts = to_minor(Decimal(total) / count, rounding), total, []
    for _number in range(count - 1):
        parts.append(min(share, left))
        left -= parts[-1]
    return [*parts, left]


def _interest(balance: int, rate: Decimal) -> int:
    return to_minor(balance * rate, Rounding.HALF_UP)


def _rows(terms: ScheduleTerms, spans: list[_Span], parts: list[tuple[int, int]]) -> tuple[Row, ...]:
    fees = _fees_by_row(terms.fees, len(spans))
    rows, balance = [], terms.principal
    for number, (span, (principal, interest), fee) in enumerate(zip(spans, parts, fees, strict=True), start=1):
        balance -= principal
        rows.append(Row(number, span.start, span.end, span.days, principal, interest, fee, balance))
    return tuple(rows)


def _fees_by_row(fees: tuple[Fee, ...], count: int) -> list[int]:
    totals = [0] * count
    for fee in fees:
        if fee.timing is FeeTiming.EACH:
            totals = [total + fee.minor for total in totals]
        elif fee.timing is FeeTiming.SPREAD:
            shares = reversed(split_minor(fee.minor, count))
            totals = [total + share for total, share in zip(totals, shares, strict=True)]
    return totals

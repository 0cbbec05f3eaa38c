"""
What a schedule is computed from, and which terms contradict each other.

Everything that lenders agree differently is a named option here with a neutral default; `docs/how-dashu-calculates.md`
shows each of them with a worked example.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from dashu.finance.calendars import BusinessDay
from dashu.finance.day_counts import DayCount
from dashu.finance.fees import Fee, FeeTiming, sum_of
from dashu.finance.periods import DueRule, Period
from dashu.finance.rounding import Rounding
from dashu.kernel.dates import LATEST_YEAR, DateOutOfRange
from dashu.kernel.errors import DomainError, _
from dashu.kernel.money import MAX_MINOR

MOST_INSTALLMENTS = 600


class Method(StrEnum):
    """How principal and interest are spread over the installments."""

    EQUAL_INSTALLMENT = "equal_installment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"
    BULLET = "bullet"
    FLAT = "flat"
    STEP = "step"
    SEASONAL = "seasonal"
    CARD_PLAN = "card_plan"
    CUSTOM = "custom"


class Accrual(StrEnum):
    """By period: every regular period is the same part of a year. By day: the day count measures each one."""

    PERIOD = "period"
    DAY = "day"


class Compounding(StrEnum):
    """How often the yearly rate is compounded inside a period; none is simple interest from due date to due date."""

    NONE = "none"
    DAILY = "daily"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    SEMIANNUAL = "semiannual"
    ANNUAL = "annual"


class Stub(StrEnum):
    """
    What becomes of a first period that is not exactly one period long.

    `spread`: the installment is solved over the real periods, so all rows carry the odd days. `add_to_first`: the
    installment is that of regular periods and the first row pays the interest of the odd days on top, or less for
    missing ones. `own_row`: the odd days are a row of their own, with interest only, before the agreed installments.
    """

    SPREAD = "spread"
    ADD_TO_FIRST = "add_to_first"
    OWN_ROW = "own_row"


class Remainder(StrEnum):
    """Which installment absorbs what rounding the installment leaves: the last, the first, or all of them a little."""

    LAST = "last"
    FIRST = "first"
    SPREAD = "spread"


class HolidayInterest(StrEnum):
    """Interest of a payment holiday: demanded later without interest on it, or added to the principal."""

    DEFERRED = "deferred"
    CAPITALIZED = "capitalized"


class DeferredInterest(StrEnum):
    """When deferred interest is demanded: with the next installment, or in equal parts with all that follow."""

    NEXT = "next"
    SPREAD = "spread"


class OnRateChange(StrEnum):
    """
    What a changed rate does to equal installments.

    `relevel`: from the first period that begins under the new rate the installment is computed again, since later
    rates are not known before; `level`: all rates are known when the contract is signed, one installment holds.
    """

    RELEVEL = "relevel"
    LEVEL = "level"


class InvalidTerms(DomainError):
    """The terms contradict themselves or lie outside what a schedule can have; `field` names the culprit."""

    code = "invalid_terms"


class NegativeAmortization(InvalidTerms):
    """An installment would not even pay the interest of its period, so the debt would grow."""

    code = "negative_amortization"


@dataclass(frozen=True, slots=True)
class Holiday:
    """Installments `first` to `first + count - 1` demand nothing."""

    first: int
    count: int
    interest: HolidayInterest = HolidayInterest.DEFERRED

    def covers(self, number: int) -> bool:
        return self.first <= number < self.first + self.count


@dataclass(frozen=True, slots=True)
class RateChange:
    """From `on` (included) the nominal yearly rate is `annual_rate`."""

    on: date
    annual_rate: Decimal


@dataclass(frozen=True, slots=True)
class Tranche:
    """A later part of the principal, paid out on `on`. What the tranches leave is paid out on the first day."""

    on: date
    minor: int


@dataclass(frozen=True, slots=True)
class Step:
    """After every `every` installments the next ones are `change` higher (a fraction; negative: lower)."""

    every: int
    change: Decimal

    def weight(self, number: int) -> Decimal:
        return (1 + self.change) ** ((number - 1) // self.every)


@dataclass(frozen=True, slots=True)
class CardPlan:
    """
    How a card balance is repaid: a fixed amount a period, or a share of the statement with a floor.

    :param fixed: minor units; None where the share decides.
    :param share: a fraction of balance and interest.
    :param floor: least amount of an installment, minor units.
    """

    fixed: int | None = None
    share: Decimal = Decimal(0)
    floor: int = 0


@dataclass(frozen=True, slots=True)
class CustomRow:
    """One agreed row: its principal, or its total with interest; neither: what is left (the last row)."""

    due_on: date
    principal: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class ScheduleTerms:
    """
    What a schedule is computed from. Amounts in minor units, rates as fractions: 0.18 for 18% a year.

    :param principal: agreed, all tranches included; financed fees come on top of it.
    :param count: agreed installments; of a card plan the most there can be.
    :param balloon: principal that stays for the last installment.
    :param rounding, rounding_unit: of the installment, or of the principal share; interest is always half-up to 1.
    :param grace_principal: first installments that pay interest only.
    :param grace_interest: first installments whose interest is demanded later.
    :param interest_free: first installments that bear no interest.
    :param accrual: None: by period for the 30/360 day counts, by day for the others.
    :param calendar: business calendar by its code; needed where `business_day` moves dates.
    :param adjusts_interest: interest runs to the moved date, not to the agreed one.
    :param interest_only_months: calendar months (1–12) whose installments pay interest only.
    """

    principal: int
    annual_rate: Decimal
    method: Method
    count: int
    disbursed_on: date
    due_rule: DueRule = DueRule(Period.MONTH)
    day_count: DayCount = DayCount.THIRTY_360
    rounding: Rounding = Rounding.HALF_UP
    rounding_unit: int = 1
    remainder: Remainder = Remainder.LAST
    balloon: int = 0
    fees: tuple[Fee, ...] = ()
    accrual: Accrual | None = None
    compounding: Compounding = Compounding.NONE
    stub: Stub = Stub.SPREAD
    grace_principal: int = 0
    grace_interest: int = 0
    interest_free: int = 0
    holidays: tuple[Holiday, ...] = ()
    deferred_interest: DeferredInterest = DeferredInterest.NEXT
    rate_changes: tuple[RateChange, ...] = ()
    on_rate_change: OnRateChange = OnRateChange.RELEVEL
    tranches: tuple[Tranche, ...] = ()
    interest_only_months: tuple[int, ...] = ()
    step: Step | None = None
    card_plan: CardPlan | None = None
    custom_rows: tuple[CustomRow, ...] = ()
    business_day: BusinessDay = BusinessDay.NONE
    calendar: str | None = None
    adjusts_interest: bool = False

    def __post_init__(self) -> None:
        _refuse_amounts(self)
        _refuse_dates(self)
        _refuse_foreign_options(self)
        _refuse_relief(self)
        if self.rate_changes or self.tranches:
            _refuse_changes(self)
        if self.method is Method.CUSTOM:
            _refuse_rows(self)

    @property
    def financed_fees(self) -> int:
        return sum_of(self.fees, FeeTiming.FINANCED, self.principal)

    @property
    def amount_financed(self) -> int:
        """What the installments repay: the principal agreed and the fees added to it."""
        return self.principal + self.financed_fees

    @property
    def kept_back(self) -> int:
        """Fees taken from the payout or paid on the same day."""
        paid = sum_of(self.fees, FeeTiming.UPFRONT_PAID, self.principal)
        return sum_of(self.fees, FeeTiming.UPFRONT, self.principal) + paid

    @property
    def accrues_by_period(self) -> bool:
        if self.accrual is None:
            return self.day_count.has_30_day_months
        return self.accrual is Accrual.PERIOD

    def rate_on(self, day: date) -> Decimal:
        """Return the nominal yearly rate that holds on a day."""
        rate = self.annual_rate
        for change in self.rate_changes:
            if change.on <= day:
                rate = change.annual_rate
        return rate

    def nominal_due_dates(self) -> list[date]:
        """Return the agreed due dates, before a business calendar moves them and without a stub's own row."""
        if self.custom_rows:
            return [row.due_on for row in self.custom_rows]
        return self.due_rule.due_dates(self.disbursed_on, self.count)


def _refuse_amounts(terms: ScheduleTerms) -> None:
    if not 0 < terms.principal <= MAX_MINOR:
        raise InvalidTerms(_("The principal must be more than 0 and inside the bound of amounts."), field="principal")
    if not 0 <= terms.annual_rate <= 10:
        raise InvalidTerms(_("The annual rate is a fraction between 0 and 10, for example 0.18."), field="annual_rate")
    if not 1 <= terms.count <= MOST_INSTALLMENTS:
        raise InvalidTerms(_("A schedule has between 1 and 600 installments."), field="count")
    if not 0 <= terms.balloon <= terms.principal:
        raise InvalidTerms(_("The balloon cannot be more than the principal."), field="balloon")
    if terms.fees:
        _refuse_fees(terms)


def _refuse_fees(terms: ScheduleTerms) -> None:
    for index, fee in enumerate(terms.fees):
        if not fee.tax_rate < 1 or not (fee.share is None or fee.share <= 1):
            raise InvalidTerms(_("A share or tax of a fee is a fraction below 1."), field=f"fees[{index}]")
        if fee.cap is not None and fee.cap < fee.floor:
            raise InvalidTerms(_("The cap of a fee lies below its floor."), field=f"fees[{index}].cap")
    if terms.kept_back >= terms.principal:
        raise InvalidTerms(_("Fees kept back must be less than the principal."), field="fees")
    each = sum_of(terms.fees, FeeTiming.EACH, terms.principal) * terms.count
    spread = sum_of(terms.fees, FeeTiming.SPREAD, terms.principal)
    if terms.kept_back + terms.financed_fees + spread + each > terms.principal:
        raise InvalidTerms(_("All fees together cannot be more than the principal."), field="fees")
    if terms.amount_financed > MAX_MINOR:
        raise InvalidTerms(_("The principal must be more than 0 and inside the bound of amounts."), field="principal")


def _refuse_dates(terms: ScheduleTerms) -> None:
    rule = terms.due_rule
    if not 1 <= rule.every <= 366:
        raise InvalidTerms(_("A period repeats every 1 to 366 units."), field="every")
    if rule.due_day is not None and not 1 <= rule.due_day <= 31:
        raise InvalidTerms(_("The due day is a day of the month, 1 to 31."), field="due_day")
    if rule.first_due_on and rule.first_due_on <= terms.disbursed_on:
        raise InvalidTerms(_("The first due date must be after the disbursement."), field="first_due_on")
    if not rule.is_consistent:
        raise InvalidTerms(_("The first due date does not fall on the due day."), field="due_day")
    if terms.business_day is not BusinessDay.NONE and terms.calendar is None:
        raise InvalidTerms(_("Moving dates to business days needs a calendar."), field="calendar")
    if not _ends_in_range(terms):
        raise InvalidTerms(_("The last installment would be due after 2199."), field="count")


def _ends_in_range(terms: ScheduleTerms) -> bool:
    try:
        return terms.nominal_due_dates()[-1].year <= LATEST_YEAR
    except (ValueError, OverflowError, DateOutOfRange):  # beyond the calendar
        return False


# The method that needs an option, and the options that only some methods understand.
_LEVELING = (Method.EQUAL_INSTALLMENT, Method.STEP, Method.SEASONAL)


def _refuse_foreign_options(terms: ScheduleTerms) -> None:
    """Refuse an option that the method would ignore, and a method without the option it needs."""
    method = terms.method
    needed = {
        Method.STEP: ("step", terms.step),
        Method.SEASONAL: ("interest_only_months", terms.interest_only_months),
        Method.CARD_PLAN: ("card_plan", terms.card_plan),
        Method.CUSTOM: ("rows", terms.custom_rows),
    }
    for wanting, (field, given) in needed.items():
        if method is wanting and not given:
            raise InvalidTerms(_("This method needs this term."), field=field)
        if method is not wanting and given and not (field == "interest_only_months" and _may_rest(method)):
            raise InvalidTerms(_("This method does not know this term."), field=field)
    if terms.balloon and method in (Method.CARD_PLAN, Method.CUSTOM):
        raise InvalidTerms(_("This method does not know this term."), field="balloon")
    if terms.stub is not Stub.SPREAD and method in (Method.BULLET, Method.FLAT, Method.CUSTOM):
        raise InvalidTerms(_("This method does not know this term."), field="stub")
    if terms.remainder is not Remainder.LAST and not (method in _LEVELING or _has_shares(method)):
        raise InvalidTerms(_("This method does not know this term."), field="remainder")
    if terms.rounding_unit < 1:
        raise InvalidTerms(_("Installments are rounded to a positive unit."), field="rounding_unit")
    if terms.step and (terms.step.every < 1 or terms.step.change <= -1):
        raise InvalidTerms(_("A step comes after at least one installment and leaves something to pay."), field="step")


def _may_rest(method: Method) -> bool:
    return method in _LEVELING or method is Method.EQUAL_PRINCIPAL


def _has_shares(method: Method) -> bool:
    return method in (Method.EQUAL_PRINCIPAL, Method.FLAT)


def _refuse_relief(terms: ScheduleTerms) -> None:
    for field in ("grace_principal", "grace_interest", "interest_free"):
        periods = getattr(terms, field)
        if periods and terms.method is Method.BULLET:
            raise InvalidTerms(_("This method does not know this term."), field=field)
        if not 0 <= periods < terms.count + (field == "interest_free"):
            raise InvalidTerms(_("The last installment is never part of a grace."), field=field)
    if terms.grace_principal and terms.method in (Method.CARD_PLAN, Method.CUSTOM):
        raise InvalidTerms(_("This method does not know this term."), field="grace_principal")
    for index, holiday in enumerate(terms.holidays):
        field = f"holidays[{index}]"
        if terms.method in (Method.BULLET, Method.CUSTOM, Method.CARD_PLAN):
            raise InvalidTerms(_("This method does not know this term."), field=field)
        if holiday.first < 1 or holiday.count < 1 or holiday.first + holiday.count > terms.count:
            raise InvalidTerms(_("A payment holiday lies before the last installment."), field=field)
        if terms.method is Method.FLAT and holiday.interest is HolidayInterest.CAPITALIZED:
            raise InvalidTerms(_("Flat interest does not depend on the balance, so none is added to it."), field=field)
    if any(not 1 <= month <= 12 for month in terms.interest_only_months):
        raise InvalidTerms(_("A month is a number from 1 to 12."), field="interest_only_months")


def _refuse_changes(terms: ScheduleTerms) -> None:
    if any(not 0 <= change.annual_rate <= 10 for change in terms.rate_changes):
        raise InvalidTerms(_("The annual rate is a fraction between 0 and 10, for example 0.18."), field="rate_changes")
    _refuse_unordered([change.on for change in terms.rate_changes], terms, "rate_changes")
    _refuse_unordered([tranche.on for tranche in terms.tranches], terms, "tranches")
    if not terms.tranches:
        return
    if terms.method in (Method.FLAT, Method.CUSTOM, Method.CARD_PLAN):
        raise InvalidTerms(_("This method does not know this term."), field="tranches")
    if any(tranche.minor <= 0 for tranche in terms.tranches):
        raise InvalidTerms(_("A tranche is more than 0."), field="tranches")
    if sum(tranche.minor for tranche in terms.tranches) >= terms.principal:
        raise InvalidTerms(_("The later tranches must leave something to pay out on the first day."), field="tranches")
    if terms.tranches[-1].on >= terms.nominal_due_dates()[-1]:
        raise InvalidTerms(_("Every tranche is paid out before the last installment."), field="tranches")


def _refuse_unordered(days: list[date], terms: ScheduleTerms, field: str) -> None:
    if any(day <= terms.disbursed_on for day in days) or days != sorted(set(days)):
        raise InvalidTerms(_("The dates rise and lie after the disbursement."), field=field)


def _refuse_rows(terms: ScheduleTerms) -> None:
    rows = terms.custom_rows
    if len(rows) != terms.count:
        raise InvalidTerms(_("There are not as many rows as installments."), field="count")
    days = [row.due_on for row in rows]
    if days[0] <= terms.disbursed_on or days != sorted(set(days)):
        raise InvalidTerms(_("The dates rise and lie after the disbursement."), field="rows")
    for index, row in enumerate(rows):
        if (row.principal is not None and row.total is not None) or (
            row.principal is None and row.total is None and index < len(rows) - 1
        ):
            raise InvalidTerms(
                _("A row says its principal or its total; the last row may leave both out."), field=f"rows[{index}]"
            )

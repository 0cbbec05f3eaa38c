"""
Relief for a borrower who cannot pay as agreed: what each method does to a loan, as events of its life.

A relief is a few plain figures. `acts_of` turns them into the events that a booking writes and a replay reads, and
`relieved` lives through those very events, so a preview is the booking by construction. What each method asks of the
schedule is in `docs/how-dashu-calculates.md`, with a worked example of each.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Literal

from dashu.finance.events import Event, EventType
from dashu.finance.installments import Component
from dashu.finance.life import Life
from dashu.finance.loan import EventRefused, Position, Status, payoff
from dashu.finance.periods import DueRule
from dashu.finance.relief_terms import coming_dates, plain_terms, terms_document
from dashu.finance.replay import History
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import (
    MOST_INSTALLMENTS,
    DeferredInterest,
    Holiday,
    HolidayInterest,
    Method,
    NegativeAmortization,
    ScheduleTerms,
    Step,
)
from dashu.kernel.dates import add_months
from dashu.kernel.errors import _


class ReliefMethod(StrEnum):
    """How a loan is made bearable."""

    TERM_EXTENSION = "term_extension"
    REAMORTIZATION = "reamortization"
    ARREARS_PLAN = "arrears_plan"
    CAPITALIZATION = "capitalization"
    PAYMENT_HOLIDAY = "payment_holiday"
    INTEREST_ONLY = "interest_only"
    STEP_UP = "step_up"
    RATE_CUT = "rate_cut"
    PARTIAL_WAIVER = "partial_waiver"
    SETTLEMENT = "settlement"
    CONSOLIDATION = "consolidation"
    DUE_DATE = "due_date"


Interest = Literal["parked", "paid"]

# In which order claims are given up, so that what is left of interest is spread before any principal is lost.
WAIVER_ORDER = (Component.PENALTY, Component.FEE, Component.INTEREST, Component.PRINCIPAL)


@dataclass(frozen=True, slots=True)
class Relief:
    """
    What is agreed. Fields that a method does not know are ignored.

    :param count: installments from then on, a holiday's months not among them; None: those that are still to come.
    :param months: of a holiday, of interest only, of the low payment.
    :param interest: of a holiday: parked, so demanded afterwards in level shares without interest on it, or paid.
    :param step: by which fraction the payment rises after each `months`.
    :param annual_rate: from now on; None: as it is.
    :param arrears_over: over so many of the next installments is spread what is unpaid: of an arrears plan the whole
        arrears, of new terms the interest, the fees and the penalty. None: the first new installment asks for it, and
        in an arrears plan all that are to come.
    :param waived: what is given up of each component, minor units.
    :param due_day: of a due-date change, or of the new installments.
    :param repays: another way of repaying, such as equal principal in place of all at the end; None: as now.
    """

    method: ReliefMethod
    count: int | None = None
    months: int = 0
    interest: Interest = "parked"
    step: Decimal | None = None
    annual_rate: Decimal | None = None
    arrears_over: int | None = None
    waived: Mapping[Component, int] = field(default_factory=dict)
    due_day: int | None = None
    repays: Method | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """
    One event that a relief books.

    :param data: plain JSON, as a `LoanEvent` keeps it and as the event of a replay document has it beside day and
        amount.
    """

    event: Event
    data: Mapping[str, Any]

    @property
    def kind(self) -> EventType:
        return self.event.type

    @property
    def amount(self) -> int:
        return self.event.amount


def life_at_end(history: History) -> Life:
    """Return the loan at the end of its history, ready to live on."""
    return Life(history.contract, history.terms, position=history.position, first_number=history.first_number)


def acts_of(relief: Relief, life: Life, on: date, *, currency: str = "CNY") -> tuple[Act, ...]:
    """
    Return the events that book the relief with value date `on`, in their order.

    :param life: the loan as the events before left it, with the terms of its schedule in force.
    :raises EventRefused: the loan is not running, or the method does not fit it.
    :raises InvalidTerms: the new terms contradict themselves; a `NegativeAmortization` where a payment would not even
        pay the interest.
    """
    position = standing(life, on)
    if position.status is not Status.ACTIVE:
        raise EventRefused(_("Only a running loan can have new terms."))
    match relief.method:
        case ReliefMethod.CONSOLIDATION:
            raise EventRefused(_("Several loans become one by a new loan, not by a change of this one."))
        case ReliefMethod.ARREARS_PLAN:
            return (_arrears_plan(relief.arrears_over, on),)
        case ReliefMethod.DUE_DATE:
            return _due_day(relief, position, on)
        case ReliefMethod.SETTLEMENT:
            return _settlement(relief, life, on)
    waivers = _waivers(relief, on) if relief.method is ReliefMethod.PARTIAL_WAIVER else ()
    left = life_after(life, waivers) if waivers else life
    if waivers and standing(left, on).status is not Status.ACTIVE:
        return waivers
    return (*waivers, _new_terms(relief, life, left, on, currency))


def relieved(life: Life, relief: Relief, on: date, *, currency: str = "CNY") -> Position:
    """
    Return the loan right after the relief; nothing is decided.

    :raises DomainError: as `acts_of`, and where an act does not fit the loan.
    """
    return standing(life_after(life, acts_of(relief, life, on, currency=currency)), on)


def life_after(life: Life, acts: Sequence[Act]) -> Life:
    """Return the loan after some more events; the one that is given stays as it is."""
    after = copy(life)
    after.receipts = dict(life.receipts)
    for index, act in enumerate(acts):
        after.apply(act.event, -1 - index)
    return after


def standing(life: Life, on: date) -> Position:
    """Return the position of a day before its penalty, the borrower's credit used for what is due by then."""
    assert life.position is not None, "the loan has not been paid out"
    return life.credited(on) or life.position


def present_value(cash_flows: Sequence[tuple[date, int]], annual_rate: Decimal, on: date) -> int:
    """
    Return what payments are worth on a day at a nominal yearly rate, in exact arithmetic rounded half-up once.

    Months are counted back from each payment and discounted at a twelfth of the rate; the days that are left over are
    thirtieths of a month, at simple interest. So the installments of a loan by months of 30 days are worth exactly its
    principal at its own rate. What is due on the day or before is worth its amount.

    :param cash_flows: (day, minor units); negative ones are paid out.
    """
    monthly = Fraction(annual_rate) / 12
    by_days: dict[int, dict[int, int]] = {}
    for day, minor in cash_flows:
        months, days = months_and_days(on, day)
        row = by_days.setdefault(days, {})
        row[months] = row.get(months, 0) + minor
    total = sum((_worth(row, monthly) / (1 + monthly * days / 30) for days, row in by_days.items()), Fraction(0))
    return int((total + Fraction(1, 2)) // 1)


def _worth(row: Mapping[int, int], monthly: Fraction) -> Fraction:
    """Discount amounts by whole months, from the latest one on."""
    total = Fraction(0)
    for months in range(max(row), -1, -1):
        total = total / (1 + monthly) + row.get(months, 0)
    return total


def months_and_days(start: date, end: date) -> tuple[int, int]:
    """Return the full months counted back from `end` that do not reach before `start`, and the days left over."""
    if end <= start:
        return 0, 0
    months = (end.year - start.year) * 12 + end.month - start.month
    while add_months(end, -months) < start:
        months -= 1
    return months, (add_months(end, -months) - start).days


# --- the acts of each method ----------------------------------------------------------------------------------------


def _arrears_plan(over: int | None, on: date) -> Act:
    event = Event(EventType.ARREARS_PLAN, on, on, over=over)
    return Act(event, {} if over is None else {"over": over})


def _due_day(relief: Relief, position: Position, on: date) -> tuple[Act, ...]:
    if relief.due_day is None:
        raise EventRefused(_("Say on which day of the month the installments are to be due."), field="due_day")
    day = Act(Event(EventType.DUE_DAY, on, on, due_day=relief.due_day), {"due_day": relief.due_day})
    is_late = any(row.unpaid for row in position.installments if row.due_on <= on)
    return (_arrears_plan(relief.arrears_over, on), day) if relief.arrears_over and is_late else (day,)


def _waivers(relief: Relief, on: date) -> tuple[Act, ...]:
    return tuple(
        Act(
            Event(EventType.WAIVER, on, on, amount=relief.waived[component], component=component),
            {"component": component.value},
        )
        for component in WAIVER_ORDER
        if relief.waived.get(component)
    )


def _settlement(relief: Relief, life: Life, on: date) -> tuple[Act, ...]:
    """What is given up, and the money that ends the loan: its booking is that of a payment for a settlement."""
    waivers = _waivers(relief, on)
    after = life_after(life, waivers)
    rest = payoff(standing(after, on), after.contract, on)
    return (*waivers, Act(Event(EventType.SETTLE, on, on, amount=rest), {})) if rest else waivers


def _new_terms(relief: Relief, life: Life, left: Life, on: date, currency: str) -> Act:
    keeps_rate = relief.annual_rate is None
    terms = _terms(relief, life, standing(left, on).principal, on)
    data: dict[str, Any] = {
        "terms": terms_document(terms, currency, keeps_rate=keeps_rate),
        "over": relief.arrears_over or 1,
    }
    if relief.method is ReliefMethod.CAPITALIZATION:
        data["capitalizes"] = True
    event = Event(
        EventType.RESTRUCTURE,
        on,
        on,
        terms=terms,
        keeps_rate=keeps_rate,
        over=data["over"],
        capitalizes="capitalizes" in data,
    )
    return Act(event, data)


def _terms(relief: Relief, life: Life, principal: int, on: date) -> ScheduleTerms:
    """
    Return the terms in force with what the relief changes of them.

    :param life: before anything is given up, which says what is still to come.
    :param principal: that is left then.
    """
    assert life.terms is not None, "the terms in force are needed"
    position, in_force = standing(life, on), life.terms
    rule, to_come = coming_dates(in_force, position.installments, life.first_number, on, relief.due_day)
    if relief.count is None and not to_come:
        raise EventRefused(_("No installment is left to come. Say how many there are to be."), field="count")
    rate = in_force.rate_on(on) if relief.annual_rate is None else relief.annual_rate
    _refuse_misfit(relief, to_come, in_force.rate_on(on))
    count = to_come if relief.method is ReliefMethod.REAMORTIZATION else relief.count or to_come
    months = _installments_within(rule, on, relief.months)
    terms = plain_terms(
        in_force,
        principal=principal,
        annual_rate=rate,
        count=count,
        on=on,
        due_rule=rule,
        method=relief.repays or in_force.method,
        keeps_rate=relief.annual_rate is None,
    )
    match relief.method:
        case ReliefMethod.PAYMENT_HOLIDAY if terms.method is Method.BULLET:
            return replace(terms, count=count + months)
        case ReliefMethod.PAYMENT_HOLIDAY if relief.interest == "paid":
            return replace(terms, count=count + months, grace_principal=months)
        case ReliefMethod.PAYMENT_HOLIDAY:
            holiday = (Holiday(1, months, HolidayInterest.DEFERRED),)
            return replace(terms, count=count + months, holidays=holiday, deferred_interest=DeferredInterest.SPREAD)
        case ReliefMethod.INTEREST_ONLY:
            return replace(terms, grace_principal=months)
        case ReliefMethod.STEP_UP:
            assert relief.step is not None
            return _stepped(terms, Step(months, relief.step))
    return terms


def _refuse_misfit(relief: Relief, to_come: int, annual_rate: Decimal) -> None:
    method = relief.method
    if method in _TIMED and relief.months < 1:
        raise EventRefused(_("Say for how many months, at least one."), field="months")
    if method is ReliefMethod.TERM_EXTENSION and (relief.count or 0) <= to_come:
        raise EventRefused(
            _("A longer term has more installments than the %(count)s that are still to come."),
            field="count",
            params={"count": to_come},
        )
    if method is ReliefMethod.RATE_CUT and (relief.annual_rate is None or relief.annual_rate >= annual_rate):
        raise EventRefused(_("A lower rate lies below the one in force."), field="annual_rate")
    if method is ReliefMethod.STEP_UP and (relief.step is None or relief.step <= 0):
        raise EventRefused(_("Say by which part the payment rises."), field="step")


_TIMED = (ReliefMethod.PAYMENT_HOLIDAY, ReliefMethod.INTEREST_ONLY, ReliefMethod.STEP_UP)


def _stepped(terms: ScheduleTerms, step: Step) -> ScheduleTerms:
    """Return terms whose payments begin low; each has to repay some principal, or the debt would stand still."""
    terms = replace(terms, method=Method.STEP, step=step, interest_only_months=())
    if any(row.principal <= 0 for row in build_schedule(terms)[: step.every]):
        raise NegativeAmortization(_("The lower payment must be more than the interest of its period."), field="step")
    return terms


def _installments_within(rule: DueRule, on: date, months: int) -> int:
    """Return how many installments fall due in the first `months` months of a rule, at least one of any."""
    if not months:
        return 0
    dates = rule.due_dates(on, min(32 * months, MOST_INSTALLMENTS))
    end = add_months(dates[0], months)
    return sum(day < end for day in dates)

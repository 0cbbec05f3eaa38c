"""The terms in force as the beginning of new ones: what stays, when the next installments fall due, and as JSON."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from dashu.finance.calendars import BusinessDay
from dashu.finance.changed_schedules import later_due_rule
from dashu.finance.installments import Installment
from dashu.finance.loan import EventRefused
from dashu.finance.periods import DueRule
from dashu.finance.terms import Method, Remainder, ScheduleTerms
from dashu.kernel.errors import _
from dashu.kernel.money import format_minor

# What a method becomes when it cannot be computed anew from what is left.
_BECOMES = {
    Method.CUSTOM: Method.EQUAL_PRINCIPAL,
    Method.CARD_PLAN: Method.EQUAL_INSTALLMENT,
    Method.STEP: Method.EQUAL_INSTALLMENT,
}
_LEVELS = (Method.EQUAL_INSTALLMENT, Method.SEASONAL)
_SHARES = (Method.EQUAL_PRINCIPAL, Method.FLAT)


def coming_dates(
    terms: ScheduleTerms, rows: Sequence[Installment], first_number: int, on: date, due_day: int | None = None
) -> tuple[DueRule, int]:
    """
    Return by which rule installments fall due after `on`, and how many are still to come; of a bullet, its periods.

    :param first_number: of the first row that `terms` computed.
    :raises EventRefused: a day of the month is asked of installments that are not due by months.
    """
    if due_day is not None and terms.due_rule.months is None:
        raise EventRefused(_("Only installments by months have a due day."), field="due_day")
    later = [row for row in rows if row.due_on > on and row.number >= first_number and row.unpaid]
    if not later:  # also where all that are to come were paid in advance
        dates = [row.due_on for row in rows if row.due_on > on and row.number >= first_number]
        dates = dates or _dates_after_the_end(terms.due_rule, max(row.due_on for row in rows), on)
        return later_due_rule(terms, [_row(day) for day in dates], on, due_day), 0
    if terms.method is Method.BULLET:
        later = [_row(day) for day in _periods_left(terms, later[-1].due_on, on)]
    return later_due_rule(terms, later, on, due_day), len(later)


def plain_terms(
    in_force: ScheduleTerms,
    *,
    principal: int,
    annual_rate: Decimal,
    count: int,
    on: date,
    due_rule: DueRule,
    method: Method,
    keeps_rate: bool,
) -> ScheduleTerms:
    """
    Return terms for what is left that keep how the loan counts and rounds, and nothing that belonged to its beginning.

    :param keeps_rate: changes of the rate that are still to come stay too.
    """
    method = _BECOMES.get(method, method)
    can_spread = method in _LEVELS or (method in _SHARES and in_force.remainder is not Remainder.LAST)
    can_rest = method in _LEVELS or method is Method.EQUAL_PRINCIPAL
    return ScheduleTerms(
        principal=principal,
        annual_rate=annual_rate,
        method=method if method is not Method.SEASONAL or in_force.interest_only_months else Method.EQUAL_INSTALLMENT,
        count=count,
        disbursed_on=on,
        due_rule=due_rule,
        day_count=in_force.day_count,
        rounding=in_force.rounding,
        rounding_unit=in_force.rounding_unit,
        remainder=in_force.remainder if can_spread else Remainder.LAST,
        balloon=min(in_force.balloon, principal),
        accrual=in_force.accrual,
        compounding=in_force.compounding,
        rate_changes=tuple(one for one in in_force.rate_changes if one.on > on) if keeps_rate else (),
        on_rate_change=in_force.on_rate_change,
        interest_only_months=in_force.interest_only_months if can_rest else (),
        business_day=in_force.business_day,
        calendar=in_force.calendar,
        adjusts_interest=in_force.adjusts_interest,
    )


def terms_document(terms: ScheduleTerms, currency: str, *, keeps_rate: bool) -> dict[str, Any]:
    """Return new terms as plain JSON, as the event "restructure" has them; only what is not neutral is named."""
    rule = terms.due_rule
    given: dict[str, Any] = {
        "annual_rate": None if keeps_rate else f"{terms.annual_rate:f}",
        "method": terms.method.value,
        "count": terms.count,
        "period": rule.period.value,
        "every": rule.every if rule.every > 1 else None,
        "first_due_on": _text(rule.first_due_on),
        "due_day": rule.due_day,
        "second_due_day": rule.second_due_day,
        "end_of_month": rule.end_of_month or None,
        "day_count": terms.day_count.value,
        "accrual": terms.accrual.value if terms.accrual else None,
        "compounding": terms.compounding.value,
        "rounding": terms.rounding.value,
        "rounding_unit": format_minor(terms.rounding_unit, currency),
        "remainder": terms.remainder.value,
        "balloon": format_minor(terms.balloon, currency) if terms.balloon else None,
        "grace_principal": terms.grace_principal or None,
        "holidays": [
            {"first": one.first, "count": one.count, "interest": one.interest.value} for one in terms.holidays
        ],
        "deferred_interest": terms.deferred_interest.value if terms.holidays else None,
        "rate_changes": [{"on": _text(one.on), "annual_rate": f"{one.annual_rate:f}"} for one in terms.rate_changes],
        "on_rate_change": terms.on_rate_change.value if terms.rate_changes else None,
        "interest_only_months": list(terms.interest_only_months),
        "step": {"every": terms.step.every, "up": f"{terms.step.change:f}"} if terms.step else None,
        "business_day": terms.business_day.value,
        "calendar": terms.calendar,
        "adjusts_interest": terms.adjusts_interest or None,
    }
    return {name: value for name, value in given.items() if value is not None and value != []}


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _row(due_on: date) -> Installment:
    return Installment(1, due_on, 1, 0)


def _dates_after_the_end(rule: DueRule, last: date, on: date) -> list[date]:
    """Return the first two due dates after `on` of a schedule that has ended."""
    anchored = replace(rule, first_due_on=last)
    if not anchored.is_consistent:
        anchored = replace(anchored, due_day=None, second_due_day=None)
    dates = anchored.due_dates(last, (on - last).days + 3)
    return [day for day in dates if day > on][:2]


def _periods_left(terms: ScheduleTerms, last: date, on: date) -> list[date]:
    """Return the ends of the periods that a bullet loan still has: those agreed, else counted back from its day."""
    agreed = [day for day in terms.nominal_due_dates() if day > on]
    if agreed and (agreed[-1] == last or terms.business_day is not BusinessDay.NONE):
        return agreed
    dates = [last]
    while (before := terms.due_rule.a_period_before(dates[0])) > on:
        dates.insert(0, before)
    return dates

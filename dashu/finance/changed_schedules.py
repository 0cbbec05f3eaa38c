"""
Schedules that change while the loan runs: new terms for what is left, a new rate or due day for what is not yet due,
and arrears spread over what is to come.

What has been paid stays where it was paid. A partial prepayment has a module of its own.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from dashu.finance.calendars import BusinessDay
from dashu.finance.installments import Component, Installment
from dashu.finance.loan import (
    Contract,
    EventRefused,
    Position,
    Status,
    accrue,
    earned_interest,
    with_period_starts,
)
from dashu.finance.periods import DueRule, Period
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms, Stub
from dashu.kernel.dates import add_months
from dashu.kernel.errors import _
from dashu.kernel.money import split_minor


def spread_arrears(position: Position, contract: Contract, on: date) -> Position:
    """
    Move what is due and unpaid to the installments that are still to come, in level shares; nothing is capitalized.

    What is rounded is the share that is added, not the new row, and the later installments take the odd minor units.
    The days past due begin anew, since nothing that was due before is demanded any more.

    :raises EventRefused: the loan is not running, nothing is due, or no installment is left to come.
    """
    position = accrue(position, contract, on - timedelta(days=1))
    due = [row for row in position.installments if row.due_on <= on and row.unpaid]
    later = [row for row in position.installments if row.due_on > on]
    if position.status is not Status.ACTIVE or not due or not later:
        raise EventRefused(_("There are no arrears to spread over installments that are still to come."))
    rows = {row.number: row for row in position.installments}
    for row in due:
        rows[row.number] = _closed(row)
    for component in (Component.PRINCIPAL, Component.INTEREST, Component.FEE):
        shares = split_minor(sum(row.unpaid_of(component) for row in due), len(later))[::-1]
        for row, share in zip(later, shares, strict=True):
            before = rows[row.number]
            rows[row.number] = replace(before, **{component.value: getattr(before, component.value) + share})
    return replace(position, installments=tuple(rows.values()))


def restructure(position: Position, contract: Contract, terms: ScheduleTerms, on: date) -> Position:
    """
    Replace what is left of the schedule by new terms for the outstanding principal, from `on`.

    Interest that is due or earned and unpaid is not capitalized: the first new installment demands it. Interest and
    fees that are not yet earned are no longer demanded; the penalty charged so far stays. The due dates are new, so
    the days past due begin again.

    :param terms: the new terms; their principal and date of disbursement are replaced.
    :raises EventRefused: the loan is not running, or fees are due and unpaid.
    """
    if position.status is not Status.ACTIVE or position.principal == 0:
        raise EventRefused(_("Only a running loan with principal outstanding can have new terms."))
    position = accrue(position, contract, on - timedelta(days=1))
    if any(row.unpaid_fee for row in position.installments if row.due_on <= on):
        raise EventRefused(_("Pay or waive the fees that are due before the loan gets new terms."))
    carried = 0
    for row, since in with_period_starts(position.installments, contract.starts_on):
        earned = row.interest if row.due_on <= on else earned_interest(row, since, on)
        carried += max(0, min(earned, row.interest) - row.paid_interest - row.waived_interest)
    kept = [_closed(row) for row in position.installments if _was_touched(row)]
    offset = max(row.number for row in position.installments)
    rows = [
        Installment(offset + row.number, row.due_on, row.principal, row.interest, row.fee, period_from=row.period_from)
        for row in build_schedule(replace(terms, principal=position.principal, disbursed_on=on))
    ]
    rows[0] = replace(rows[0], interest=rows[0].interest + carried, earned_interest=carried)
    return replace(position, installments=(*kept, *rows))


def reprice(
    position: Position,
    contract: Contract,
    terms: ScheduleTerms,
    on: date,
    *,
    first_number: int = 1,
    annual_rate: Decimal | None = None,
    due_day: int | None = None,
) -> tuple[Position, ScheduleTerms, int]:
    """
    Compute what is not yet due anew, with another rate or another day of the month, for as many installments.

    What is due by `on` stays as it was demanded, so arrears stay arrears. Interest earned up to `on` keeps the rate
    under which it was earned; the first new installment demands it.

    :param terms: what the schedule in force was computed from; its rows are numbered from `first_number`. Those before
        were closed by earlier new terms and are no installments any more, whenever they were due.
    :returns: the position, the terms of the new rows, and the number of the first of them.
    :raises EventRefused: the loan is not running, or no principal is left that is not yet due.
    """
    if position.status is not Status.ACTIVE:
        raise EventRefused(_("Only a running loan can have new terms."))
    position = accrue(position, contract, on - timedelta(days=1))
    later = [row for row in position.installments if row.due_on > on and row.number >= first_number]
    balance = sum(row.unpaid_principal for row in later)
    if not balance:
        raise EventRefused(_("No principal is left that is not yet due."))
    kept = [row for row in position.installments if row.due_on <= on or row.number < first_number]
    carried, previous_due = 0, max((row.due_on for row in kept if row.due_on <= on), default=contract.starts_on)
    for row in later:
        earned = min(earned_interest(row, row.period_from or previous_due, on), row.interest)
        carried += max(0, earned - row.paid_interest - row.waived_interest)
        previous_due = row.due_on
    fees = [row.unpaid_fee for row in later]
    if due_day is not None and terms.due_rule.months is None:
        raise EventRefused(_("Only installments by months have a due day."), field="due_day")
    kept += [_closed(row) for row in later if _was_touched(row)]
    first_number = max((row.number for row in kept), default=0) + 1
    new_terms = replace(
        terms,
        principal=balance,
        annual_rate=terms.annual_rate if annual_rate is None else annual_rate,
        count=len(later),
        disbursed_on=on,
        due_rule=_due_rule(terms, later, on, due_day),
        grace_principal=0,
        grace_interest=0,
        interest_free=0,
        holidays=(),
        rate_changes=() if annual_rate is not None else tuple(one for one in terms.rate_changes if one.on > on),
        balloon=min(terms.balloon, balance),
        custom_rows=(),
        stub=Stub.SPREAD,
        method=Method.EQUAL_PRINCIPAL if terms.method is Method.CUSTOM else terms.method,
        fees=(),
    )
    rows = [
        Installment(first_number + index, row.due_on, row.principal, row.interest, fee, period_from=row.period_from)
        for index, (row, fee) in enumerate(zip(build_schedule(new_terms), fees, strict=False))
    ]
    rows[-1] = replace(rows[-1], fee=rows[-1].fee + sum(fees[len(rows) :]))
    rows[0] = replace(rows[0], interest=rows[0].interest + carried, earned_interest=carried, period_from=on)
    return replace(position, installments=(*kept, *rows)), new_terms, first_number


def _due_rule(terms: ScheduleTerms, later: list[Installment], on: date, due_day: int | None) -> DueRule:
    """Return the rule by which the later installments fall due: as now, or monthly on another day from the next on."""
    rule, first = terms.due_rule, later[0].due_on
    if due_day is not None:
        moved = add_months(first.replace(day=1), 0, day=due_day)
        if moved <= on:
            moved = add_months(first.replace(day=1), 1, day=due_day)
        return replace(rule, first_due_on=moved, due_day=due_day, second_due_day=None, end_of_month=False)
    if terms.business_day is not BusinessDay.NONE:
        planned = [day for day in terms.nominal_due_dates() if day > on]
        first = planned[0] if planned else first
    day = max(row.due_on.day for row in later)
    is_monthly = rule.period is Period.MONTH and add_months(first, 0, day=day) == first
    return replace(rule, first_due_on=first, due_day=day if is_monthly and rule.second_due_day is None else None)


def _was_touched(row: Installment) -> bool:
    return row.unpaid != row.total


def _closed(row: Installment) -> Installment:
    """Return the row with nothing left to demand of it."""
    for component in (Component.PRINCIPAL, Component.INTEREST, Component.FEE):
        unpaid = row.unpaid_of(component)
        row = replace(row, **{component.value: getattr(row, component.value) - unpaid})
    return row

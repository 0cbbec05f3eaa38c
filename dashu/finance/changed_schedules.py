"""
Schedules that change while the loan runs: partial prepayment and new terms.

Both keep what has been paid where it was paid, and both let the running period's interest stay exact to the day: an
installment says from which day its interest runs on and what was earned before.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from dashu.finance.installments import Component, Installment
from dashu.finance.loan import Contract, EventRefused, Position, Receipt, Status, accrue, earned_interest
from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.schedule import build_schedule, remaining_parts
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.errors import _


def prepay(
    position: Position, contract: Contract, terms: ScheduleTerms, amount: int, on: date, *, first_number: int = 1
) -> tuple[Position, Receipt]:
    """
    Lower the principal by `amount` and spread what is left over the remaining installments, at the same count.

    :param terms: what the schedule in force was computed from; its rows are numbered from `first_number`.
    :raises EventRefused: something is due, the whole principal would be prepaid, or the interest is flat and so does
        not depend on the principal.
    """
    if position.status is not Status.ACTIVE:
        raise EventRefused(_("Only a running loan can be prepaid."))
    position = accrue(position, contract, on - timedelta(days=1))
    if terms.method is Method.FLAT:
        raise EventRefused(_("Flat interest does not fall with the principal; pay installments ahead, or settle."))
    if position.penalty_due(contract) or any(row.unpaid for row in position.installments if row.due_on <= on):
        raise EventRefused(_("Pay what is due first; a prepayment lowers principal that is not yet due."))
    if amount >= position.principal:
        raise EventRefused(_("A prepayment leaves some principal; to end the loan, settle it."), field="amount")
    done = [row for row in position.installments if row.due_on <= on or row.number < first_number]
    later = [row for row in position.installments if row.due_on > on and row.number >= first_number]
    parts = remaining_parts(terms, later[0].number - first_number, position.principal - amount)
    rows = [_with_parts(row, *part) for row, part in zip(later, parts, strict=True)]
    period_start = done[-1].due_on if later[0].number > first_number else terms.disbursed_on
    rows[0] = _run_on(later[0], rows[0].principal, parts[0][1], period_start, on)
    position = replace(
        position,
        installments=(*done, *rows),
        principal=position.principal - amount,
        cash=position.cash + amount,
    )
    return position, Receipt((), fee=0, penalty=0, interest=0, principal=amount, unapplied=0)


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
    carried, previous_due = 0, contract.starts_on
    for row in position.installments:
        earned = row.interest if row.due_on <= on else earned_interest(row, row.period_from or previous_due, on)
        carried += max(0, min(earned, row.interest) - row.paid_interest - row.waived_interest)
        previous_due = max(previous_due, row.due_on)
    kept = [_closed(row) for row in position.installments if _was_touched(row)]
    offset = max(row.number for row in position.installments)
    rows = [
        Installment(offset + row.number, row.due_on, row.principal, row.interest, row.fee, period_from=row.period_from)
        for row in build_schedule(replace(terms, principal=position.principal, disbursed_on=on))
    ]
    rows[0] = replace(rows[0], interest=rows[0].interest + carried, earned_interest=carried)
    return replace(position, installments=(*kept, *rows))


def _with_parts(row: Installment, principal: int, interest: int) -> Installment:
    """Return the row with new unpaid parts; what was paid or waived of it stays."""
    settled_interest = row.paid_interest + row.waived_interest
    return replace(
        row,
        principal=principal + row.paid_principal + row.waived_principal,
        interest=max(interest, settled_interest),
    )


def _run_on(row: Installment, principal: int, interest: int, period_start: date, on: date) -> Installment:
    """Return the running row: interest earned so far on the old principal, from `on` the new interest by days."""
    earned = min(row.interest, earned_interest(row, row.period_from or period_start, on))
    left = Decimal(interest * (row.due_on - on).days) / (row.due_on - period_start).days
    total = max(earned + to_minor(left, Rounding.HALF_UP), row.paid_interest + row.waived_interest)
    return replace(row, principal=principal, interest=total, period_from=on, earned_interest=earned)


def _was_touched(row: Installment) -> bool:
    return row.unpaid != row.total


def _closed(row: Installment) -> Installment:
    """Return the row with nothing left to demand of it."""
    for component in (Component.PRINCIPAL, Component.INTEREST, Component.FEE):
        unpaid = row.unpaid_of(component)
        row = replace(row, **{component.value: getattr(row, component.value) - unpaid})
    return row

"""
Schedules that change while the loan runs: new terms for what is left, and arrears spread over what is to come.

What has been paid stays where it was paid. A partial prepayment has a module of its own.
"""

from dataclasses import replace
from datetime import date, timedelta

from dashu.finance.installments import Component, Installment
from dashu.finance.loan import (
    Contract,
    EventRefused,
    Position,
    Status,
    accrue,
    earned_interest,
)
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import ScheduleTerms
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


def _was_touched(row: Installment) -> bool:
    return row.unpaid != row.total


def _closed(row: Installment) -> Installment:
    """Return the row with nothing left to demand of it."""
    for component in (Component.PRINCIPAL, Component.INTEREST, Component.FEE):
        unpaid = row.unpaid_of(component)
        row = replace(row, **{component.value: getattr(row, component.value) - unpaid})
    return row

"""
Partial prepayment: money that lowers the principal before it is due.

What has been paid stays where it was paid, and the running period's interest stays exact to the day: its installment
says from which day its interest runs on and what was earned before.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dashu.finance.allocation import Surplus
from dashu.finance.installments import Installment
from dashu.finance.loan import (
    Contract,
    EventRefused,
    Position,
    Receipt,
    Status,
    accrue,
    earned_interest,
    payoff,
    receive,
    run_interest,
    settle,
)
from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.schedule import remaining_parts, remaining_parts_keeping
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.errors import _


class Keep(StrEnum):
    """What a prepayment leaves as it is: the term, with smaller installments, or the installment, with fewer."""

    TERM = "term"
    INSTALLMENT = "installment"


@dataclass(frozen=True, slots=True)
class Prepayment:
    """
    What a prepayment does, before or after it is made. Amounts in minor units.

    :param fee: the contract's fee for repaying early, part of the money.
    :param interest_saved: of the installments that are left.
    :param installment: the next full one after the prepayment; 0 when none is left.
    """

    position: Position
    receipt: Receipt
    fee: int
    interest_saved: int
    installment: int
    installments_left: int
    last_due_on: date


def prepay(
    position: Position,
    contract: Contract,
    terms: ScheduleTerms,
    amount: int,
    on: date,
    *,
    first_number: int = 1,
    keep: Keep = Keep.TERM,
) -> tuple[Position, Receipt]:
    """
    Lower the principal by `amount`, less the fee for it, and spread what is left over the remaining installments.

    :param terms: what the schedule in force was computed from; its rows are numbered from `first_number`.
    :raises EventRefused: something is due, the whole principal would be prepaid, or the interest is flat and so does
        not depend on the principal.
    """
    made = prepayment(position, contract, terms, amount, on, first_number=first_number, keep=keep)
    return made.position, made.receipt


def prepayment_options(
    position: Position, contract: Contract, terms: ScheduleTerms, amount: int, on: date, *, first_number: int = 1
) -> dict[Keep, Prepayment]:
    """Return both outcomes of one prepayment side by side; nothing is decided. Raises as `prepay` does."""
    return {
        keep: prepayment(position, contract, terms, amount, on, first_number=first_number, keep=keep) for keep in Keep
    }


def prepayment(
    position: Position,
    contract: Contract,
    terms: ScheduleTerms,
    amount: int,
    on: date,
    *,
    first_number: int = 1,
    keep: Keep = Keep.TERM,
) -> Prepayment:
    """Return what `prepay` does, with what it saves."""
    position = run_interest(accrue(position, contract, on - timedelta(days=1)), contract, on)
    _refuse_prepayment(position, contract, terms, on)
    lowered, fee = contract.early.split(amount, (on - contract.starts_on).days)
    done = [row for row in position.installments if row.due_on <= on or row.number < first_number]
    later = [row for row in position.installments if row.due_on > on and row.number >= first_number]
    # Of earlier terms an installment may be left that a holiday has moved to a later day: it keeps what it demands.
    principal_to_come = position.principal - sum(row.unpaid_principal for row in done)
    if amount >= principal_to_come or not lowered or not later:
        raise EventRefused(_("A prepayment leaves some principal; to end the loan, settle it."), field="amount")
    period_start = done[-1].due_on if later[0].number > first_number else terms.disbursed_on
    rows = _respread(terms, later, first_number, principal_to_come - lowered, period_start, on, keep)
    rows[0] = replace(rows[0], fee=rows[0].fee + fee, paid_fee=rows[0].paid_fee + fee)
    kept_back = amount - lowered - fee
    after = replace(
        position,
        installments=(*done, *rows),
        principal=position.principal - lowered,
        unapplied=position.unapplied + kept_back,
        cash=position.cash + amount,
    )
    open_rows = [row for row in rows if row.unpaid]
    full = open_rows[1] if len(open_rows) > 2 else open_rows[0]
    return Prepayment(
        position=after,
        receipt=Receipt((), fee=fee, penalty=0, interest=0, principal=lowered, unapplied=kept_back),
        fee=fee,
        interest_saved=sum(row.interest for row in later) - sum(row.interest for row in rows),
        installment=full.total,
        installments_left=len(open_rows),
        last_due_on=open_rows[-1].due_on,
    )


def _refuse_prepayment(position: Position, contract: Contract, terms: ScheduleTerms, on: date) -> None:
    if position.status is not Status.ACTIVE:
        raise EventRefused(_("Only a running loan can be prepaid."))
    if terms.method is Method.FLAT:
        raise EventRefused(_("Flat interest does not fall with the principal; pay installments ahead, or settle."))
    if any(row.is_parking and row.due_on > on for row in position.installments):
        raise EventRefused(_("Until the payment holiday ends, money pays installments ahead or settles the loan."))
    if position.penalty_due(contract) or any(row.unpaid for row in position.installments if row.due_on <= on):
        raise EventRefused(_("Pay what is due first; a prepayment lowers principal that is not yet due."))


def _respread(
    terms: ScheduleTerms,
    later: list[Installment],
    first_number: int,
    balance: int,
    period_start: date,
    on: date,
    keep: Keep,
) -> list[Installment]:
    """Return the later rows with the lower balance; the running one keeps the interest that was earned before."""
    done = later[0].number - first_number
    if keep is Keep.TERM:
        parts = remaining_parts(terms, done, balance)
        parts += [(0, 0)] * (len(later) - len(parts))  # a card plan ends earlier
        rows = [_with_parts(row, *part, beside=row.earned_interest) for row, part in zip(later, parts, strict=True)]
        rows[0] = _run_on(later[0], rows[0].principal, parts[0][1], period_start, on)
        return rows
    # Interest that was put beside a later installment stays there, on top of what the installment keeps.
    beside = [0, *(min(row.earned_interest, row.unpaid_interest) for row in later[1:])]
    kept = [(row.unpaid_principal, row.unpaid_interest - more) for row, more in zip(later, beside, strict=True)]
    principal, interest = remaining_parts_keeping(terms, done, balance, kept)[0]
    running = _run_on(later[0], principal, interest, period_start, on)
    if terms.method is not Method.EQUAL_PRINCIPAL and len(later) > 1:
        # Its interest is a mixture of the old and the new balance; the sum stays, so the principal gives way.
        wanted = later[0].unpaid_principal + later[0].unpaid_interest - running.unpaid_interest
        principal = min(max(wanted, 0), balance)
    rows = [_with_parts(running, principal, running.interest)]
    if len(later) > 1:
        rest = remaining_parts_keeping(terms, done + 1, balance - principal, kept[1:])
        rows += [
            _with_parts(row, *part, beside=more) for row, part, more in zip(later[1:], rest, beside[1:], strict=True)
        ]
    return rows


def receive_in_advance(
    position: Position, contract: Contract, terms: ScheduleTerms, amount: int, on: date, *, first_number: int = 1
) -> tuple[Position, Receipt]:
    """
    Book money whose part beyond what is due lowers the principal at once, as the contract's waterfall says.

    What ends the loan settles it; what cannot lower the principal (flat interest) stays as a credit. What makes good a
    refund lowers nothing.
    """
    made_good = min(amount, position.refund_due)
    position, receipt = receive(position, contract, amount, on)
    beyond = receipt.unapplied - made_good
    if position.status is not Status.ACTIVE or not beyond:
        return position, receipt
    without = replace(position, unapplied=position.unapplied - beyond, cash=position.cash - beyond)
    if beyond >= payoff(without, contract, on):
        after, more = settle(without, contract, beyond, on)
    else:
        keep = Keep.TERM if contract.waterfall.surplus is Surplus.REDUCE_AMOUNT else Keep.INSTALLMENT
        try:
            after, more = prepay(without, contract, terms, beyond, on, first_number=first_number, keep=keep)
        except EventRefused:
            return position, receipt
    return after, _sum_of(replace(receipt, unapplied=made_good), more)


def _with_parts(row: Installment, principal: int, interest: int, *, beside: int = 0) -> Installment:
    """Return the row with new unpaid parts, interest `beside` it included; what was paid or waived of it stays."""
    settled_interest = row.paid_interest + row.waived_interest
    return replace(
        row,
        principal=principal + row.paid_principal + row.waived_principal,
        interest=max(interest + beside, settled_interest),
    )


def _run_on(row: Installment, principal: int, interest: int, period_start: date, on: date) -> Installment:
    """Return the running row: interest earned so far on the old principal, from `on` the new interest by days."""
    earned = min(row.interest, earned_interest(row, row.period_from or period_start, on))
    left = Decimal(interest * (row.due_on - on).days) / (row.due_on - period_start).days
    total = max(earned + to_minor(left, Rounding.HALF_UP), row.paid_interest + row.waived_interest)
    return replace(row, principal=principal, interest=total, period_from=on, earned_interest=earned)


def _sum_of(one: Receipt, other: Receipt) -> Receipt:
    return Receipt(
        lines=(*one.lines, *other.lines),
        fee=one.fee + other.fee,
        penalty=one.penalty + other.penalty,
        interest=one.interest + other.interest,
        principal=one.principal + other.principal,
        unapplied=one.unapplied + other.unapplied,
        rebate=one.rebate + other.rebate,
    )

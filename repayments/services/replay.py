"""A loan's events, one after another: the live book's way into `dashu.finance.loan`."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from dashu.finance import installments as finance
from dashu.finance import loan as finance_loan
from dashu.finance.loan import Contract, Position, Receipt, Status
from loans.models import Loan
from repayments.models import Installment, LoanEvent

Kind = LoanEvent.Kind
MONEY = (Kind.PAYMENT, Kind.PROCEEDS, Kind.SETTLEMENT)


def apply_event(
    position: Position, contract: Contract, event: LoanEvent, *, is_booked: bool = False
) -> tuple[Position, Receipt | None]:
    """
    Return the position after the event, and for money received what it paid.

    :param is_booked: the event was accepted before. A settlement that a later correction leaves short then counts as an
        ordinary payment; a new one is refused.
    """
    on = event.effective_on
    if event.kind in MONEY and position.status is Status.SETTLED:
        # An earlier value date settled the loan before this money came: it is owed back to the borrower.
        return _credited(position, event.amount_minor)
    if event.kind == Kind.SETTLEMENT and not (is_booked and _is_short(position, contract, event)):
        return finance_loan.settle(position, contract, event.amount_minor, on)
    if event.kind in MONEY:
        return finance_loan.receive(position, contract, event.amount_minor, on, cures=event.kind != Kind.PROCEEDS)
    if event.kind == Kind.EXTENSION:
        return finance_loan.extend(position, contract, event.data["months"], on), None
    if event.kind == Kind.CHARGE_OFF:
        return finance_loan.charge_off(position, contract, on), None
    raise AssertionError(f"no step for an event of kind {event.kind}")


def replay(loan: Loan, contract: Contract, *, through: date) -> tuple[Position, dict[int, Receipt]]:
    """
    Return the loan's position after all its events, accrued through `through`, and what each payment paid.

    Returned payments count as if they had never been.
    """
    events = list(LoanEvent.objects.filter(loan_id=loan.pk).order_by("effective_on", "id"))
    returned = {event.data["event"] for event in events if event.kind == Kind.REVERSAL}
    opening = next(event for event in events if event.kind in (Kind.DISBURSED, Kind.TAKEN_OVER))
    position = _opening(loan, contract, opening)
    receipts: dict[int, Receipt] = {}
    newest = max(event.pk for event in events)
    for event in _steps(events, leave_out=returned | {opening.pk}):
        position, receipt = apply_event(position, contract, event, is_booked=event.pk != newest)
        if receipt:
            receipts[event.pk] = receipt
    return finance_loan.accrue(position, contract, through), receipts


def _is_short(position: Position, contract: Contract, event: LoanEvent) -> bool:
    return event.amount_minor < finance_loan.payoff(position, contract, event.effective_on)


def _credited(position: Position, amount: int) -> tuple[Position, Receipt]:
    position = replace(position, unapplied=position.unapplied + amount, cash=position.cash + amount)
    return position, Receipt((), fee=0, penalty=0, interest=0, principal=0, unapplied=amount)


def _steps(events: Iterable[LoanEvent], *, leave_out: set[int]) -> Iterable[LoanEvent]:
    return (event for event in events if event.kind != Kind.REVERSAL and event.pk not in leave_out)


def _opening(loan: Loan, contract: Contract, event: LoanEvent) -> Position:
    rows = Installment.objects.filter(loan_id=loan.pk, version=1).order_by("number")
    installments = [
        finance.Installment(*row)
        for row in rows.values_list("number", "due_on", "principal_minor", "interest_minor", "fee_minor")
    ]
    if event.kind == Kind.DISBURSED:
        return finance_loan.opened(contract, installments, event.amount_minor)
    return finance_loan.taken_over(
        contract,
        installments,
        event.amount_minor,
        interest_through=date.fromisoformat(event.data["interest_through"]),
    )

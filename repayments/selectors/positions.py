"""From stored rows to the values that lending arithmetic works on."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dashu.finance import installments as finance
from dashu.finance.arrears import Pause
from dashu.finance.loan import Contract, Position, Status
from loans.models import Loan
from repayments.models import Installment, LoanBalance

AMOUNTS = (
    "principal", "interest", "fee",
    "paid_principal", "paid_interest", "paid_fee",
    "waived_principal", "waived_interest", "waived_fee",
)  # fmt: skip
EARNED = ("earned_interest", "earned_fee")
ROW_COLUMNS = (
    "number", "due_on", *(f"{name}_minor" for name in AMOUNTS), "period_from", *(f"{name}_minor" for name in EARNED),
)  # fmt: skip


def contract_of(loan: Loan, balance: LoanBalance) -> Contract:
    """Return the loan's contract as it is in force: its rate may have changed since it was signed."""
    contract = loan.contract
    return contract if balance.annual_rate is None else replace(contract, annual_rate=balance.annual_rate)


def installment_of(row: tuple[Any, ...]) -> finance.Installment:
    """Return one installment from the values of `ROW_COLUMNS`."""
    *amounts, period_from, earned_interest, earned_fee = row
    return finance.Installment(
        *amounts, period_from=period_from, earned_interest=earned_interest, earned_fee=earned_fee
    )


def position_of(loan: Loan, balance: LoanBalance, rows: Iterable[tuple[Any, ...]]) -> Position:
    """
    Return the stored position of a loan.

    :param rows: the values of `ROW_COLUMNS` of the schedule in force, in order.
    """
    return Position(
        installments=tuple(installment_of(row) for row in rows),
        status=Status(loan.status),
        accrued_through=balance.accrued_through,
        interest_through=balance.interest_through,
        principal=balance.principal_minor,
        unapplied=balance.unapplied_minor,
        penalty_parts=int(balance.penalty_parts),
        penalty_uncapped_parts=int(balance.penalty_uncapped_parts),
        penalty_room_parts=int(balance.penalty_room_parts),
        penalty_paid=balance.penalty_paid_minor,
        penalty_waived=balance.penalty_waived_minor,
        interest_parts=int(balance.interest_parts),
        interest_collected=balance.interest_collected_minor,
        refund_due=balance.refund_due_minor,
        pauses=tuple(Pause(start, end) for start, end in zip(balance.pause_starts, balance.pause_ends, strict=True)),
    )


def stored_positions(loans: Iterable[Loan]) -> dict[int, tuple[Position, Contract]]:
    """Return the stored position and the contract in force of each loan that was paid out, in two queries."""
    by_id = {loan.pk: loan for loan in loans}
    balances = LoanBalance.objects.in_bulk(list(by_id))
    rows: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    found = Installment.objects.filter(loan_id__in=balances, is_current=True).order_by("loan_id", "number")
    for loan_id, *row in found.values_list("loan_id", *ROW_COLUMNS):
        rows[loan_id].append(tuple(row))
    return {
        loan_id: (position_of(by_id[loan_id], balance, rows[loan_id]), contract_of(by_id[loan_id], balance))
        for loan_id, balance in balances.items()
    }

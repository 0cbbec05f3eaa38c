"""From stored rows to the values that lending arithmetic works on."""

from collections.abc import Iterable
from typing import Any

from dashu.finance import installments as finance
from dashu.finance.loan import Position, Status
from loans.models import Loan
from repayments.models import LoanBalance

AMOUNTS = (
    "principal", "interest", "fee",
    "paid_principal", "paid_interest", "paid_fee",
    "waived_principal", "waived_interest", "waived_fee",
)  # fmt: skip
AMOUNT_COLUMNS = tuple(f"{name}_minor" for name in AMOUNTS)


def position_of(loan: Loan, balance: LoanBalance, rows: Iterable[tuple[Any, ...]]) -> Position:
    """
    Return the stored position of a loan.

    :param rows: (number, due_on, *AMOUNT_COLUMNS) of the schedule in force, in order.
    """
    return Position(
        installments=tuple(finance.Installment(row[0], row[1], *row[2:]) for row in rows),
        status=Status(loan.status),
        accrued_through=balance.accrued_through,
        interest_through=balance.interest_through,
        principal=balance.principal_minor,
        unapplied=balance.unapplied_minor,
        penalty_parts=int(balance.penalty_parts),
        penalty_paid=balance.penalty_paid_minor,
        penalty_waived=balance.penalty_waived_minor,
        interest_parts=int(balance.interest_parts),
        interest_collected=balance.interest_collected_minor,
    )

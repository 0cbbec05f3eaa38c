"""What a payment would pay, by the same arithmetic that books it; nothing is written."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from dashu.finance import loan as finance
from dashu.finance.installments import Component
from dashu.finance.loan import Receipt
from loans.models import Loan
from repayments.domain.standing import Standing, standing_of
from repayments.selectors.positions import stored_positions


@dataclass(frozen=True, slots=True)
class PaidRow:
    """How much counts towards one installment. `left` is what stays open of it."""

    number: int
    due_on: date
    principal: int
    interest: int
    fee: int
    left: int

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.fee


@dataclass(frozen=True, slots=True)
class Preview:
    """
    A payment before it is made. Amounts in minor units.

    :param receipt: what the money pays on the books; its parts sum to `amount`.
    :param in_advance: what of it pays installments that are due after the day.
    :param after: where the loan stands once it is booked.
    """

    amount: int
    receipt: Receipt
    rows: tuple[PaidRow, ...]
    in_advance: int
    after: Standing


def preview_payment(loan: Loan, amount_minor: int, *, on: date) -> Preview:
    """
    Return what `amount_minor`, received on `on`, would pay.

    :raises LoanClosed: the loan is settled.
    """
    position, contract = stored_positions([loan])[loan.pk]
    after, receipt = finance.receive(position, contract, amount_minor, on)
    paid: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for line in receipt.lines:
        if line.number is not None:
            paid[line.number][line.component] = line.minor
    paid_rows = tuple(
        PaidRow(
            number=row.number,
            due_on=row.due_on,
            principal=paid[row.number].get(Component.PRINCIPAL, 0),
            interest=paid[row.number].get(Component.INTEREST, 0),
            fee=paid[row.number].get(Component.FEE, 0),
            left=row.unpaid,
        )
        for row in after.installments
        if row.number in paid
    )
    return Preview(
        amount=amount_minor,
        receipt=receipt,
        rows=paid_rows,
        in_advance=sum(row.total for row in paid_rows if row.due_on > on),
        after=standing_of(after, contract, on),
    )

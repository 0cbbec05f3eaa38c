"""What waiting costs on a loan."""

from datetime import date

from loans.models import Loan
from repayments.domain.late_cost import LateCost, cost_if_missed, late_cost_of
from repayments.selectors.positions import stored_positions


def late_cost(loan: Loan, *, today: date) -> LateCost:
    """Return the penalty of one more day of a loan that has been paid out or taken over."""
    position, contract = stored_positions([loan])[loan.pk]
    return late_cost_of(position, contract, today)


def cost_of_missing_the_next(loan: Loan, *, today: date) -> int:
    """Return what each day would add if the next installment were not paid; 0 when nothing is to come."""
    position, contract = stored_positions([loan])[loan.pk]
    coming = next((row for row in position.installments if row.due_on >= today and row.unpaid > 0), None)
    return cost_if_missed(coming, contract) if coming else 0

"""
What is still claimed of a loan that was booked as a loss.

The ledger holds the loss and what was recovered of it, but the claim itself is off the books: a waiver lowers it, a
write-off or a sale ends it, and interest that was never income is part of it. So it comes from the loan's life.
"""

from bisect import bisect_right
from datetime import date

from dashu.finance.loan import Contract, InterestBasis, Position, Status
from loans.models import Loan
from repayments.domain.statements import ENDINGS
from repayments.models import LoanEvent
from repayments.selectors.lives import events_of, life_of


class Claim:
    """The claim of one loan on any day, minor units; 0 while the loan is on the books and after the claim ended."""

    def __init__(self, loan: Loan) -> None:
        self._steps: list[tuple[date, Position, Contract]] = []
        if LoanEvent.objects.filter(loan_id=loan.pk, kind__in=ENDINGS).exists():
            steps = life_of(loan, events_of(loan)).steps
            self._steps = [(step.on, step.position, step.contract) for step in steps]
        self._days = [on for on, _position, _contract in self._steps]

    def at(self, day: date) -> int:
        """Return what is claimed at the end of a day: principal, penalty, and interest and fees that fell due."""
        place = bisect_right(self._days, day)
        if not place:
            return 0
        _on, position, contract = self._steps[place - 1]
        if position.status is not Status.CHARGED_OFF:
            return 0
        due = [row for row in position.installments if row.due_on <= day]
        if contract.interest_basis is InterestBasis.DAILY:
            interest = position.interest_due(contract)
        else:
            interest = sum(row.unpaid_interest for row in due)
        fees = sum(row.unpaid_fee for row in due)
        return position.principal + interest + fees + position.penalty_due(contract)

    def days(self, first: date, last: date) -> list[date]:
        """Return the days of a period on which the claim may have changed, in order."""
        charged_off = [position for _on, position, _contract in self._steps if position.status is Status.CHARGED_OFF]
        due = {row.due_on for position in charged_off for row in position.installments}
        return sorted(day for day in {*self._days, *due} if first <= day <= last)

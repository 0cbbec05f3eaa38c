"""End a claim: the loan is closed and nothing is demanded any more."""

from datetime import date

from repayments.models import LoanEvent
from repayments.services.acting import book_act


def write_off_loan(*, loan_id: int, written_off_on: date, today: date, reason: str, actor: str) -> LoanEvent:
    """
    Give the claim up; what is still on the books is a loss.

    :raises EventRefused: the loan is neither running nor charged off.
    """
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.WRITE_OFF,
        effective_on=written_off_on,
        today=today,
        data={"reason": reason},
        description="Write-off",
        actor=actor,
        field="written_off_on",
    )

"""Book a loan as a loss while the claim continues."""

from datetime import date

from repayments.models import LoanEvent
from repayments.services.acting import book_act


def charge_off_loan(*, loan_id: int, charged_off_on: date, today: date, reason: str, actor: str) -> LoanEvent:
    """
    Take the loan off the balance sheet: nothing accrues any more, and what comes in is a recovery.

    :raises EventRefused: the loan is not running.
    """
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.CHARGE_OFF,
        effective_on=charged_off_on,
        today=today,
        data={"reason": reason},
        description="Charge-off",
        actor=actor,
        field="charged_off_on",
    )

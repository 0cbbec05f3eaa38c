"""Demand a fee of a running loan."""

from datetime import date

from repayments.models import LoanEvent
from repayments.services.acting import book_act


def charge_fee(*, loan_id: int, amount_minor: int, charged_on: date, today: date, reason: str, actor: str) -> LoanEvent:
    """
    Demand a fee with the first installment that is due on or after `charged_on`, else with the last one.

    Under a cap on everything together the fee takes its room from the penalty.

    :raises EventRefused: the loan is not running.
    """
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.FEE,
        effective_on=charged_on,
        today=today,
        amount_minor=amount_minor,
        data={"reason": reason},
        description="Fee",
        actor=actor,
        field="charged_on",
    )

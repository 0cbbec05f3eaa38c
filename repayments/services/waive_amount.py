"""Give up a claim: penalty, interest, fee or principal of a loan."""

from datetime import date

from dashu.finance.installments import Component
from repayments.models import LoanEvent
from repayments.services.acting import book_act


def waive_amount(
    *,
    loan_id: int,
    component: Component,
    amount_minor: int,
    waived_on: date,
    today: date,
    reason: str,
    actor: str,
    agreement: str = "",
) -> LoanEvent:
    """
    Give up `amount_minor` of one component, oldest installment first; the borrower never owes it again.

    :param agreement: reference of the agreement by which it is given up, whose own message tells the borrower.
    :raises EventRefused: more would be waived than is owed on that day.
    """
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.WAIVER,
        effective_on=waived_on,
        today=today,
        amount_minor=amount_minor,
        data={"component": Component(component).value, "reason": reason}
        | ({"agreement": agreement} if agreement else {}),
        description=f"Waiver of {Component(component).value}",
        actor=actor,
        field="waived_on",
    )

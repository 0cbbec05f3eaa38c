"""Sell a loan: the claim goes to a buyer for a price."""

from datetime import date

from repayments.models import LoanEvent
from repayments.services.acting import book_act


def sell_loan(
    *, loan_id: int, price_minor: int, sold_on: date, buyer: str, today: date, reason: str, actor: str
) -> LoanEvent:
    """
    Book the sale: what the books carry goes, the price comes, the difference is the result of the sale.

    :raises EventRefused: the loan is neither running nor charged off.
    """
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.SALE,
        effective_on=sold_on,
        today=today,
        amount_minor=price_minor,
        data={"buyer": buyer, "reason": reason},
        description=f"Sale to {buyer}",
        actor=actor,
        field="sold_on",
    )

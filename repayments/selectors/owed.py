"""What ends a loan on a day, part by part, also of a day that is booked past and of a loan that is charged off."""

from datetime import date

from dashu.finance.loan import Payoff, Status, payoff_of
from loans.models import Loan
from repayments.selectors.lives import events_of, life_of


def owed_on(loan: Loan, on: date) -> Payoff:
    """Return the payoff of a day as what happened up to it left the loan; of a charged-off one, what the claim is."""
    history = life_of(loan, [event for event in events_of(loan) if event.effective_on <= on])
    position, contract = history.position, history.contract
    if position.status is Status.ACTIVE:
        return payoff_of(position, contract, on)
    return Payoff(
        principal=sum(row.unpaid_principal for row in position.installments),
        interest=sum(row.unpaid_interest for row in position.installments),
        fee=sum(row.unpaid_fee for row in position.installments),
        penalty=position.penalty_due(contract),
        prepayment_fee=0,
        rebate=0,
        credit=position.unapplied - position.refund_due,
    )

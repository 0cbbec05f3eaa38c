"""Change the rate of a running loan for what is not yet due."""

from datetime import date
from decimal import Decimal

from dashu.policy import rules as policy
from repayments.models import LoanEvent
from repayments.services.acting import book_act


def change_rate(
    *, loan_id: int, annual_rate: Decimal, changed_on: date, today: date, reason: str, actor: str
) -> LoanEvent:
    """
    Compute the installments that are not yet due anew; what is due stays as it was demanded.

    :param annual_rate: a fraction to at most 6 decimals, not above what the policy allows on the day.
    :raises RateAboveBound: above the policy's bound.
    :raises EventRefused: the loan is not running, or nothing is left that is not yet due.
    """
    policy.rate_limits(changed_on).refuse_above_bound(annual_rate)
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.RATE_CHANGE,
        effective_on=changed_on,
        today=today,
        data={"annual_rate": f"{annual_rate:f}", "reason": reason},
        description="New rate",
        actor=actor,
        field="changed_on",
    )

"""
Interest that the days have earned and that the books do not hold yet, because it is neither due nor paid.

It is counted from the beginning of each period and rounded once, so that the fraction of a minor unit that one day
leaves is carried into the next, and the days of a period sum to exactly its interest.
"""

from datetime import date

from dashu.finance.loan import (
    Contract,
    InterestBasis,
    Position,
    Status,
    accrue,
    accrue_interest,
    unpaid_earned,
)


def accrued_interest(position: Position, contract: Contract, on: date) -> int:
    """
    Return the interest earned by the end of `on` that is not yet due, less what was paid or waived of it; minor units.

    With daily interest it is all that has been earned and not collected, since that is income only when it is paid.
    A loan that is no longer accrued as income, or no longer runs, earns none.
    """
    position = accrue(position, contract, on)
    if position.status is not Status.ACTIVE or position.is_non_accrual(contract):
        return 0
    if contract.interest_basis is InterestBasis.DAILY:
        return max(0, accrue_interest(position, contract, on).interest_due(contract))
    earned = unpaid_earned(position, contract, on)
    return sum(minor for row, minor in zip(position.installments, earned, strict=True) if row.due_on > on)

"""What paying a loan early would change, by the arithmetic that books the payment; nothing is written."""

from datetime import date

from loans.models import Loan
from repayments.domain.paying_early import Early, pay_early
from repayments.selectors.positions import stored_positions


def early_payment(loan: Loan, extra_minor: int, *, today: date) -> Early:
    """
    Return what `extra_minor` beyond what is due does, if it is paid today.

    :raises EventRefused: the loan is not running.
    """
    position, contract = stored_positions([loan])[loan.pk]
    return pay_early(position, contract, extra_minor, today)

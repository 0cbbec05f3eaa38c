"""Where loans stand on a day, for any number of loans in two queries."""

from collections.abc import Iterable
from datetime import date

from loans.models import Loan
from repayments.domain.standing import Standing, standing_of
from repayments.selectors.positions import stored_positions


def standings_of(loans: Iterable[Loan], *, today: date) -> dict[int, Standing]:
    """Return the standing of each loan that has been paid out or taken over, by the loan's id."""
    return {
        loan_id: standing_of(position, contract, today)
        for loan_id, (position, contract) in stored_positions(loans).items()
    }

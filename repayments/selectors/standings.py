"""Where loans stand on a day, for any number of loans in two queries."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from loans.models import Loan
from repayments.domain.standing import Standing, standing_of
from repayments.models import Installment, LoanBalance
from repayments.selectors.positions import ROW_COLUMNS, contract_of, position_of


def standings_of(loans: Iterable[Loan], *, today: date) -> dict[int, Standing]:
    """Return the standing of each loan that has been paid out or taken over, by the loan's id."""
    by_id = {loan.pk: loan for loan in loans}
    balances = LoanBalance.objects.in_bulk(list(by_id))
    rows: defaultdict[int, list[Any]] = defaultdict(list)
    found = Installment.objects.filter(loan_id__in=balances, is_current=True).order_by("loan_id", "number")
    for loan_id, *row in found.values_list("loan_id", *ROW_COLUMNS):
        rows[loan_id].append(tuple(row))
    return {
        loan_id: standing_of(
            position_of(by_id[loan_id], balance, rows[loan_id]), contract_of(by_id[loan_id], balance), today
        )
        for loan_id, balance in balances.items()
    }

"""Where one loan stands for a payment made today, from its stored position."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from django.db import connection

from dashu.finance.loan import InterestBasis, effective_days_past_due
from loans.models import Loan
from repayments.domain.standing import Standing, standing_of
from repayments.models import Installment, LoanBalance
from repayments.selectors.positions import ROW_COLUMNS, contract_of, position_of


@dataclass(frozen=True, slots=True)
class BalanceToday:
    """
    Amounts in minor units.

    :param interest_due, fee_due: demanded by today and unpaid; no interest of a loan whose interest runs daily.
    """

    on: date
    standing: Standing
    interest_due: int
    fee_due: int
    credit: int
    effective_days_past_due: int


def balance_today(loan: Loan, balance: LoanBalance, *, today: date) -> BalanceToday:
    """Return where a loan that was paid out stands, in one query; nothing of its history is lived through again."""
    with connection.cursor() as cursor:
        cursor.execute(_rows_sql(), [loan.pk])
        position = position_of(loan, balance, cursor.fetchall())
    contract = contract_of(loan, balance)
    due = [row for row in position.installments if row.due_on <= today]
    is_daily = contract.interest_basis is InterestBasis.DAILY
    return BalanceToday(
        on=today,
        standing=standing_of(position, contract, today),
        interest_due=0 if is_daily else sum(row.unpaid_interest for row in due),
        fee_due=sum(row.unpaid_fee for row in due),
        credit=balance.unapplied_minor,
        effective_days_past_due=effective_days_past_due(position, contract, today),
    )


@cache
def _rows_sql() -> str:
    """Compiled once: every read of a loan asks for it, and the ORM takes longer to build it than it takes to answer."""
    rows = Installment.objects.filter(loan_id=0, is_current=True).order_by("number")
    return str(rows.values_list(*ROW_COLUMNS).query.sql_with_params()[0])

"""
From rows to a position and back: the machinery that every write of this app shares.

A service locks the loan, loads its position, calls one function of `dashu.finance.loan` and books the step: changed
installments, the balance, and a ledger entry that is the difference of the books before and after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from dashu.finance import installments as finance
from dashu.finance.loan import Book, Contract, Position, books_of
from dashu.kernel.errors import DomainError
from dashu.ledger import accounts
from dashu.ledger import services as ledger
from loans.models import Loan
from loans.selectors.compiled import OneRow
from repayments.models import LoanBalance
from repayments.selectors.positions import AMOUNT_COLUMNS, AMOUNTS, position_of

ACCOUNT_OF = {
    Book.CASH: accounts.CASH,
    Book.PRINCIPAL: accounts.LOAN_PRINCIPAL,
    Book.INTEREST_RECEIVABLE: accounts.INTEREST_RECEIVABLE,
    Book.FEE_RECEIVABLE: accounts.FEE_RECEIVABLE,
    Book.PENALTY_RECEIVABLE: accounts.PENALTY_RECEIVABLE,
    Book.BORROWER_CREDIT: accounts.BORROWER_CREDIT,
    Book.TAKEOVER: accounts.TAKEOVER_CLEARING,
    Book.INTEREST_INCOME: accounts.INTEREST_INCOME,
    Book.FEE_INCOME: accounts.FEE_INCOME,
    Book.PENALTY_INCOME: accounts.PENALTY_INCOME,
    Book.WAIVER_EXPENSE: accounts.WAIVER_EXPENSE,
    Book.CHARGE_OFF_EXPENSE: accounts.CHARGE_OFF_EXPENSE,
    Book.RECOVERY_INCOME: accounts.RECOVERY_INCOME,
}


_LOCKED_LOAN = OneRow(lambda: Loan.objects.select_for_update(of=("self",), no_key=True).filter(pk=0))
_BALANCE = OneRow(lambda: LoanBalance.objects.filter(pk=0))


class LoanNotFound(DomainError):
    """There is no such loan, or the person may not see it."""

    code = "loan_not_found"
    http_status = 404


class DateOutsideContract(DomainError):
    """A value date lies before the loan began or after today."""

    code = "date_outside_contract"


@dataclass(frozen=True, slots=True)
class LoadedLoan:
    loan: Loan
    contract: Contract
    balance: LoanBalance
    position: Position

    def is_booked_past(self, on: date) -> bool:
        """Whether the figures hold more than an event of this day may know of, so that it restates the loan."""
        return on <= self.position.accrued_through or on < self.balance.latest_event_on


def lock_loan(loan_id: int) -> Loan:
    """Return the loan, locked until the transaction ends. Every write of money takes this lock first."""
    loan = _LOCKED_LOAN.get(loan_id)
    if loan is None:
        raise LoanNotFound(_("There is no such loan."), field="loan")
    return loan


def load(loan: Loan) -> LoadedLoan:
    """Read the position of a locked loan that has been paid out or taken over."""
    balance = _BALANCE.get(loan.pk)
    assert balance is not None, f"loan {loan.pk} is {loan.status} without a balance"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number, due_on, {', '.join(AMOUNT_COLUMNS)} FROM repayments_installment"  # noqa: S608 – constants
            " WHERE loan_id = %s AND version = %s ORDER BY number",
            [loan.pk, balance.schedule_version],
        )
        position = position_of(loan, balance, cursor.fetchall())
    return LoadedLoan(loan, loan.contract, balance, position)


def store(loaded: LoadedLoan, after: Position, *, event_on: date) -> None:
    """Write what differs between the loaded position and `after`: installments, balance, the loan's status."""
    stored = {row.number: row for row in loaded.position.installments}
    changed = [row for row in after.installments if row != stored[row.number]]
    columns = balance_columns(after, loaded.contract)
    columns["latest_event_on"] = max(event_on, loaded.balance.latest_event_on)
    names = ", ".join(AMOUNTS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH changed AS (
                UPDATE repayments_installment AS row
                SET due_on = new.due_on, {", ".join(f"{name}_minor = new.{name}" for name in AMOUNTS)}
                FROM unnest(%s::int[], %s::date[], {", ".join("%s::bigint[]" for _name in AMOUNTS)})
                    AS new (number, due_on, {names})
                WHERE row.loan_id = %s AND row.version = %s AND row.number = new.number
            )
            UPDATE repayments_loanbalance SET {", ".join(f"{name} = %s" for name in columns)} WHERE loan_id = %s
            """,  # noqa: S608 – the names are constants of this module
            [
                *installment_arrays(changed),
                loaded.loan.pk,
                loaded.balance.schedule_version,
                *columns.values(),
                loaded.loan.pk,
            ],
        )
    if after.status.value != loaded.loan.status:
        Loan.objects.filter(pk=loaded.loan.pk).update(status=after.status.value)
        loaded.loan.status = after.status.value


def installment_arrays(rows: Sequence[finance.Installment]) -> list[list[object]]:
    """Return numbers, due dates and each of `AMOUNTS` as columns, for `unnest`."""
    names = ("number", "due_on", *AMOUNTS)
    return [[getattr(row, name) for row in rows] for name in names]


def balance_columns(position: Position, contract: Contract) -> dict[str, Any]:
    return {
        "principal_minor": position.principal,
        "unapplied_minor": position.unapplied,
        "penalty_parts": Decimal(position.penalty_parts),
        "penalty_charged_minor": position.penalty_charged(contract),
        "penalty_paid_minor": position.penalty_paid,
        "penalty_waived_minor": position.penalty_waived,
        "interest_parts": Decimal(position.interest_parts),
        "interest_collected_minor": position.interest_collected,
        "accrued_through": position.accrued_through,
        "interest_through": position.interest_through,
    }


def ledger_lines(before: dict[Book, int], after: dict[Book, int], loan_id: int) -> list[ledger.Line]:
    """Return the postings that bring the loan's books from `before` to `after`."""
    lines = []
    for book in Book:
        difference = after.get(book, 0) - before.get(book, 0)
        if difference:
            side = ledger.debit if difference > 0 else ledger.credit
            lines.append(side(ACCOUNT_OF[book], abs(difference), loan_id))
    return lines


def post_step(
    loaded: LoadedLoan, after: Position, *, effective_on: date, description: str, kind: str, actor: str
) -> None:
    """Post the difference that one step made to the books, if it made one."""
    before = books_of(loaded.position, loaded.contract)
    if lines := ledger_lines(before, books_of(after, loaded.contract), loaded.loan.pk):
        ledger.post(
            effective_on=effective_on,
            description=description,
            kind=kind,
            lines=lines,
            actor=actor,
            currency=loaded.loan.currency,
        )


def refuse_outside_contract(loan: Loan, on: date, *, today: date, field: str) -> None:
    if not loan.starts_on <= on <= today:
        raise DateOutsideContract(
            _("The date must lie between %(start)s, when the loan began, and %(today)s."),
            field=field,
            params={"start": loan.starts_on, "today": today},
        )

"""
From rows to a position and back: the machinery that every write of this app shares.

A service locks the loan, loads its position, lives through one event with `dashu.finance` and books what came of it:
changed installments, the balance, and ledger entries that are the difference of the books before and after.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from dashu.finance import installments as finance
from dashu.finance.loan import Book, Contract, Position
from dashu.kernel.arrays import array_text
from dashu.kernel.errors import DomainError
from dashu.ledger import accounts
from dashu.ledger import services as ledger
from dashu.ledger.chart import accounts_for
from loans.models import Loan
from loans.selectors.compiled import OneRow
from loans.selectors.products import product_code_of
from loans.services.partner_events import tell_of_status
from repayments.models import LoanBalance, ScheduleVersion
from repayments.selectors.positions import AMOUNTS, EARNED, ROW_COLUMNS, contract_of, position_of

ACCOUNT_OF = {
    Book.CASH: accounts.CASH,
    Book.PRINCIPAL: accounts.LOAN_PRINCIPAL,
    Book.INTEREST_RECEIVABLE: accounts.INTEREST_RECEIVABLE,
    Book.FEE_RECEIVABLE: accounts.FEE_RECEIVABLE,
    Book.PENALTY_RECEIVABLE: accounts.PENALTY_RECEIVABLE,
    Book.BORROWER_CREDIT: accounts.BORROWER_CREDIT,
    Book.TAKEOVER: accounts.TAKEOVER_CLEARING,
    Book.CLEARING: accounts.CONSOLIDATION_CLEARING,
    Book.INTEREST_INCOME: accounts.INTEREST_INCOME,
    Book.FEE_INCOME: accounts.FEE_INCOME,
    Book.PENALTY_INCOME: accounts.PENALTY_INCOME,
    Book.WAIVER_EXPENSE: accounts.WAIVER_EXPENSE,
    Book.CHARGE_OFF_EXPENSE: accounts.CHARGE_OFF_EXPENSE,
    Book.RECOVERY_INCOME: accounts.RECOVERY_INCOME,
    Book.REFUND_RECEIVABLE: accounts.REFUND_RECEIVABLE,
    Book.SALE_RESULT: accounts.SALE_RESULT,
    Book.SUSPENDED_INTEREST: accounts.SUSPENDED_INTEREST,
    Book.SUSPENDED_CONTRA: accounts.SUSPENDED_INTEREST_CONTRA,
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


def lock_loans(loan_ids: Iterable[int]) -> dict[int, Loan]:
    """Lock several loans in the order of their ids, as every writer does, and return them by id."""
    return {loan_id: lock_loan(loan_id) for loan_id in sorted(set(loan_ids))}


def load(loan: Loan) -> LoadedLoan:
    """Read the position of a locked loan that has been paid out or taken over."""
    balance = _BALANCE.get(loan.pk)
    assert balance is not None, f"loan {loan.pk} is {loan.status} without a balance"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(ROW_COLUMNS)} FROM repayments_installment"  # noqa: S608 – constants
            " WHERE loan_id = %s AND version = %s ORDER BY number",
            [loan.pk, balance.schedule_version],
        )
        position = position_of(loan, balance, cursor.fetchall())
    return LoadedLoan(loan, contract_of(loan, balance), balance, position)


def store(loaded: LoadedLoan, after: Position, contract: Contract, *, event_on: date, reason: str) -> None:
    """
    Write what differs between the loaded position and `after`: installments, balance, the loan's status.

    A schedule that demands something else than the one in force opens a new version.

    :param contract: the terms in force after the event.
    :param reason: of a new version, one of `ScheduleVersion.Reason`.
    """
    if demands_of(after.installments) == demands_of(loaded.position.installments):
        _update_paid(loaded, after)
    else:
        _open_version(loaded, after.installments, event_on=event_on, reason=reason)
    columns = balance_columns(after, contract)
    columns["latest_event_on"] = max(event_on, loaded.balance.latest_event_on)
    columns["schedule_version"] = loaded.balance.schedule_version
    columns["annual_rate"] = None if contract.annual_rate == loaded.loan.annual_rate else contract.annual_rate
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE repayments_loanbalance SET {', '.join(f'{name} = %s' for name in columns)} WHERE loan_id = %s",  # noqa: S608 – constants
            [*columns.values(), loaded.loan.pk],
        )
    if after.status.value != loaded.loan.status:
        before, loaded.loan.status = loaded.loan.status, after.status.value
        Loan.objects.filter(pk=loaded.loan.pk).update(status=after.status.value)
        tell_of_status(loaded.loan, before, on=event_on)


def demands_of(rows: Sequence[finance.Installment]) -> list[tuple[object, ...]]:
    """Return what a schedule version never changes: dates, amounts, and how its interest runs."""
    return [
        (
            row.number,
            row.due_on,
            row.principal,
            row.interest,
            row.fee,
            row.period_from,
            row.earned_interest,
            row.earned_fee,
        )
        for row in rows
    ]


def _update_paid(loaded: LoadedLoan, after: Position) -> None:
    stored = {row.number: row for row in loaded.position.installments}
    changed = [row for row in after.installments if row != stored[row.number]]
    if not changed:
        return
    names = AMOUNTS[3:]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE repayments_installment AS row SET {", ".join(f"{name}_minor = new.{name}" for name in names)}
            FROM unnest(%s::int[], {", ".join("%s::bigint[]" for _name in names)}) AS new (number, {", ".join(names)})
            WHERE row.loan_id = %s AND row.version = %s AND row.number = new.number
            """,  # noqa: S608 – the names are constants
            [
                array_text(row.number for row in changed),
                *(array_text(getattr(row, name) for row in changed) for name in names),
                loaded.loan.pk,
                loaded.balance.schedule_version,
            ],
        )


def _open_version(loaded: LoadedLoan, rows: Sequence[finance.Installment], *, event_on: date, reason: str) -> None:
    old = loaded.balance.schedule_version
    ScheduleVersion.objects.create(loan_id=loaded.loan.pk, version=old + 1, reason=reason, effective_on=event_on)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE repayments_installment SET is_current = false WHERE loan_id = %s AND version = %s",
            [loaded.loan.pk, old],
        )
    insert_schedule(loaded.loan.pk, old + 1, rows)
    loaded.balance.schedule_version = old + 1


def insert_schedule(loan_id: int, version: int, rows: Sequence[finance.Installment]) -> None:
    """Write the rows of a schedule version, all in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO repayments_installment (loan_id, version, {", ".join(ROW_COLUMNS)})
            SELECT %s, %s, new.* FROM unnest(%s::int[], %s::date[], {", ".join("%s::bigint[]" for _name in AMOUNTS)},
                                             %s::date[], %s::bigint[], %s::bigint[]) AS new
            """,  # noqa: S608 – the names are constants
            [loan_id, version, *installment_arrays(rows)],
        )


def installment_arrays(rows: Sequence[finance.Installment]) -> list[str]:
    """Return the values of `ROW_COLUMNS` as columns, for `unnest`."""
    names = ("number", "due_on", *AMOUNTS, "period_from", *EARNED)
    return [array_text(getattr(row, name) for row in rows) for name in names]


def balance_columns(position: Position, contract: Contract) -> dict[str, Any]:
    return {
        "principal_minor": position.principal,
        "unapplied_minor": position.unapplied,
        "penalty_parts": Decimal(position.penalty_parts),
        "penalty_uncapped_parts": Decimal(position.penalty_uncapped_parts),
        "penalty_room_parts": Decimal(position.penalty_room_parts),
        "penalty_charged_minor": position.penalty_charged(contract),
        "penalty_paid_minor": position.penalty_paid,
        "penalty_waived_minor": position.penalty_waived,
        "interest_parts": Decimal(position.interest_parts),
        "interest_collected_minor": position.interest_collected,
        "refund_due_minor": position.refund_due,
        "is_non_accrual": position.is_non_accrual(contract),
        "pause_starts": array_text(pause.start for pause in position.pauses),
        "pause_ends": array_text(pause.end for pause in position.pauses),
        "accrued_through": position.accrued_through,
        "interest_through": position.interest_through,
    }


def ledger_lines(change: Mapping[Book, int], loan_id: int, product_terms_id: int) -> list[ledger.Line]:
    """Return the postings of a change of the loan's books, debits positive, in the accounts of its product."""
    accounts_of_product = accounts_for(product_code_of(product_terms_id))
    return [
        ledger.change(accounts_of_product[ACCOUNT_OF[book]], minor, loan_id) for book, minor in change.items() if minor
    ]


def post_days(
    loaded: LoadedLoan, changes: Mapping[date, Mapping[Book, int]], *, description: str, kind: str, actor: str
) -> None:
    """Post what each day changed in the loan's books, one entry a day."""
    entries = [
        ledger.Entry(effective_on=on, description=description, kind=kind, lines=lines)
        for on, change in sorted(changes.items())
        if (lines := ledger_lines(change, loaded.loan.pk, loaded.loan.product_terms_id))
    ]
    ledger.post_many(entries=entries, actor=actor, currency=loaded.loan.currency)


def by_book(held: Iterable[tuple[date, str, int]]) -> dict[date, dict[Book, int]]:
    """Return sums of postings by day and account as changes of the books; parts of an account count as the account."""
    books: defaultdict[date, dict[Book, int]] = defaultdict(dict)
    for on, account, minor in held:
        book = _BOOK_OF[accounts.role_of(account)]
        books[on][book] = books[on].get(book, 0) + minor
    return books


def refuse_outside_contract(loan: Loan, on: date, *, today: date, field: str) -> None:
    if not loan.starts_on <= on <= today:
        raise DateOutsideContract(
            _("The date must lie between %(start)s, when the loan began, and %(today)s."),
            field=field,
            params={"start": loan.starts_on, "today": today},
        )


_BOOK_OF = {account: book for book, account in ACCOUNT_OF.items()}

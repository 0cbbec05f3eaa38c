"""
Restate a loan: replay its events and post what differs from the books.

Ledger rows are never edited. The entry of a restatement is the difference between what the replayed position says and
what the ledger says of this loan today, so whatever came before, afterwards the two agree.
"""

from datetime import date

from dashu.finance.loan import Book, books_of
from dashu.ledger import services as ledger
from dashu.ledger.selectors import loan_balances
from repayments.models import LoanEvent
from repayments.services.booking import ACCOUNT_OF, LoadedLoan, ledger_lines, store
from repayments.services.receipts import rewrite_receipts
from repayments.services.replay import replay

_BOOK_OF = {account: book for book, account in ACCOUNT_OF.items()}


def restate(loaded: LoadedLoan, *, through: date, description: str, event: LoanEvent) -> None:
    """
    Bring balances, installments, payments and ledger of a locked loan in line with its events.

    :param through: last day that is accrued; never earlier than what was accrued before.
    :param event: the new event, already written, that made this necessary.
    """
    position, receipts = replay(loaded.loan, loaded.contract, through=through)
    rewrite_receipts(loaded.loan.pk, receipts)
    store(loaded, position, event_on=event.effective_on)
    held = loan_balances([loaded.loan.pk])[loaded.loan.pk]
    before: dict[Book, int] = {_BOOK_OF[account]: minor for account, minor in held.items()}
    if lines := ledger_lines(before, books_of(position, loaded.contract), loaded.loan.pk):
        ledger.post(
            effective_on=event.effective_on,
            description=description,
            kind="RESTATEMENT",
            lines=lines,
            actor=event.actor,
            currency=loaded.loan.currency,
        )

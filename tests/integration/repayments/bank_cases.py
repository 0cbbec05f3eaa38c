"""Short ways to bank statements: a table of our own account, and lines of it."""

from datetime import date

from repayments.models import BankAccount, BankLine
from repayments.services.book_sure_matches import book_sure_matches
from repayments.services.import_bank_statement import Imported, import_bank_file

NUMBER = "6222000011112222"
TODAY = date(2026, 3, 1)
ACCOUNTANT = "user:accountant"
HEAD = "account,date,amount,name,counterparty_account,text,bank_reference\n"


def own_account(number: str = NUMBER) -> BankAccount:
    return BankAccount.objects.create(number=number, name="Collections")


def row(
    amount: str, *, name: str = "", text: str = "transfer", on: str = "2026-02-15", reference: str = "", other: str = ""
) -> str:
    return f"{NUMBER},{on},{amount},{name},{other},{text},{reference}\n"


def take(*rows: str, content: bytes | None = None, file_name: str = "february.csv", today: date = TODAY) -> Imported:
    """Import a table of these rows, without matching."""
    return import_bank_file(
        content=content if content is not None else (HEAD + "".join(rows)).encode(),
        file_name=file_name,
        account_id=None,
        layout=None,
        today=today,
        actor=ACCOUNTANT,
    )


def take_and_match(*rows: str, today: date = TODAY) -> list[BankLine]:
    """Import and match what is sure; return the lines in the file's order."""
    (statement,) = take(*rows, today=today).statements
    book_sure_matches(statement_id=statement.pk, today=today)
    return list(statement.lines.order_by("pk"))


def waiting(*rows: str) -> list[BankLine]:
    """Import without matching and return the lines."""
    (statement,) = take(*rows).statements
    return list(statement.lines.order_by("pk"))

"""What a statement file says, whatever its format, and the ways in which it can be refused."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from dashu.kernel.errors import DomainError, _
from dashu.kernel.money import format_minor
from repayments.domain.bank_text import plain

MOST_BYTES = 20_000_000
MOST_LINES = 200_000
LONGEST_NAME, LONGEST_ACCOUNT, LONGEST_TEXT, LONGEST_REFERENCE = 200, 64, 2_000, 64

NO_REFERENCE = {"", "NONREF", "NOTPROVIDED", "NOT PROVIDED"}


class Format(StrEnum):
    CSV = "CSV"
    CAMT053 = "CAMT053"
    MT940 = "MT940"


class BankFileRefused(DomainError):
    """The file as a whole is not taken; nothing was written. `details["problems"]` lists lines that are to blame."""

    code = "bank_file_refused"


class BankFileTooLarge(BankFileRefused):
    """More bytes or more lines than a statement may have."""

    code = "bank_file_too_large"


class UnknownBankFile(BankFileRefused):
    """Neither camt.053 nor MT940 nor a CSV of a known layout."""

    code = "bank_file_unknown"


class UnreadableEncoding(BankFileRefused):
    """Neither UTF-8 nor GB18030, or not what the file itself declares."""

    code = "bank_file_encoding"


class UnsafeXml(BankFileRefused):
    """The XML declares entities or refers to files outside; no bank does that."""

    code = "bank_file_unsafe_xml"


class MalformedBankFile(BankFileRefused):
    """The file breaks the rules of its own format."""

    code = "bank_file_malformed"


class BalanceMismatch(BankFileRefused):
    """The opening balance and the lines do not make the closing balance."""

    code = "bank_balance_mismatch"


class BadLines(BankFileRefused):
    """Lines cannot be read in a file whose balances vouch for all of its lines together."""

    code = "bank_file_bad_lines"


class LineRefused(DomainError):
    """One line says something impossible; `field` is the column or the element."""

    code = "bank_line_refused"


class BadDate(LineRefused):
    code = "bank_line_date"


class BadAmount(LineRefused):
    code = "bank_line_amount"


class BadText(LineRefused):
    code = "bank_line_text"


class RepeatedLine(LineRefused):
    """The bank's own reference stands twice in a file that gives no balance to tell whether it is one entry or two."""

    code = "bank_line_repeated"


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that is not taken. :param line: of the file, from 1. :param column: its name, "" where there is none."""

    line: int
    column: str
    refusal: DomainError

    def as_json(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "column": self.column,
            "code": self.refusal.code,
            "message": self.refusal.user_message,
        }


@dataclass(frozen=True, slots=True)
class FileLine:
    """
    One entry of a statement.

    :param row: line of the file.
    :param amount: minor units, positive for money that came in.
    :param balance: of the account after it, None where the file neither says nor implies it.
    :param bank_reference: the bank's own reference of the entry, "" when it gave none.
    """

    row: int
    booked_on: date
    value_on: date
    amount: int
    counterparty_name: str = ""
    counterparty_account: str = ""
    text: str = ""
    bank_reference: str = ""
    balance: int | None = None


@dataclass(frozen=True, slots=True)
class FileStatement:
    """
    One statement of a file.

    :param account: as the file writes it, "" when it does not say.
    :param opening, closing: None when the file does not give or imply them.
    :param left_out: entries that the bank had not booked, which are not money yet.
    """

    account: str
    currency: str
    lines: tuple[FileLine, ...]
    opening: int | None = None
    closing: int | None = None
    from_on: date | None = None
    to_on: date | None = None
    left_out: tuple[Problem, ...] = ()

    @property
    def first_on(self) -> date | None:
        return self.from_on or min((line.booked_on for line in self.lines), default=None)

    @property
    def last_on(self) -> date | None:
        return self.to_on or max((line.booked_on for line in self.lines), default=None)


@dataclass(frozen=True, slots=True)
class BankFile:
    format: Format
    encoding: str
    layout: str
    statements: tuple[FileStatement, ...]
    problems: tuple[Problem, ...] = field(default=())


def checked(statement: FileStatement) -> FileStatement:
    """
    Return the statement with the balance after each line, where it gives both balances.

    :raises BalanceMismatch: opening and lines do not make closing.
    """
    if statement.opening is None or statement.closing is None:
        return statement
    total = sum(line.amount for line in statement.lines)
    if statement.opening + total != statement.closing:
        raise mismatch(statement.opening, total, statement.closing, statement.currency)
    return replace(statement, lines=tuple(_with_balances(statement.opening, statement.lines)))


def mismatch(opening: int, total: int, closing: int, currency: str) -> BalanceMismatch:
    return BalanceMismatch(
        _(
            "The opening balance %(opening)s and the lines, %(total)s in sum, make %(sum)s, but the file says"
            " %(closing)s. Ask the bank for a complete statement."
        ),
        field="file",
        params={
            "opening": format_minor(opening, currency),
            "total": format_minor(total, currency),
            "sum": format_minor(opening + total, currency),
            "closing": format_minor(closing, currency),
        },
        details={"difference_minor": closing - opening - total},
    )


def identities(account: str, lines: Sequence[FileLine]) -> list[bytes]:
    """
    Return what makes each line itself, so that a line which comes again in another file is known.

    With the bank's own reference: account, day, amount and reference. Without: account, day, amount, balance after it
    and the texts. Lines of one file that agree in all of that are counted, so two equal transfers stay two.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for line in lines:
        facts: tuple[str, ...] = (account, line.booked_on.isoformat(), str(line.amount))
        if line.bank_reference:
            facts += ("reference", line.bank_reference)
        else:
            balance = "" if line.balance is None else str(line.balance)
            facts += ("text", balance, line.counterparty_name, line.counterparty_account, line.text)
        seen[facts] += 1
        found.append(hashlib.sha256("\x1f".join((*facts, str(seen[facts]))).encode()).digest())
    return found


def without_repeats(lines: Sequence[FileLine], column: str) -> tuple[list[FileLine], list[Problem]]:
    """Part the lines of a file without balances from those whose bank reference stands in it before."""
    first_at: dict[tuple[str, date, int], int] = {}
    kept, repeated = [], []
    for line in lines:
        key = (line.bank_reference, line.booked_on, line.amount)
        if line.bank_reference and key in first_at:
            refusal = RepeatedLine(
                _("The bank's reference %(reference)s stands on line %(line)s already, with the same day and amount."),
                field=column,
                params={"reference": line.bank_reference, "line": first_at[key]},
            )
            repeated.append(Problem(line.row, column, refusal))
            continue
        first_at[key] = line.row
        kept.append(line)
    return kept, repeated


def text_of(value: str, *, longest: int, field: str) -> str:
    """
    Return a text of the file in its plain form.

    :raises BadText: longer than can be kept.
    """
    text = plain(value)
    if len(text) > longest:
        raise BadText(
            _("The text has %(length)s characters; at most %(longest)s can be kept."),
            field=field,
            params={"length": len(text), "longest": longest},
        )
    return text


def reference_of(value: str, *, field: str) -> str:
    """Return the bank's own reference of an entry, "" for the words banks write when they have none."""
    text = text_of(value, longest=LONGEST_REFERENCE, field=field)
    return "" if text.upper() in NO_REFERENCE else text


def refuse_too_many(lines: int) -> None:
    """:raises BankFileTooLarge: more lines than a file may have."""
    if lines > MOST_LINES:
        raise BankFileTooLarge(
            _("The file has more than %(most)s lines. Ask the bank for a shorter period."),
            field="file",
            params={"most": f"{MOST_LINES:,}"},
        )


def refuse_bad_lines(problems: Iterable[Problem]) -> None:
    """:raises BadLines: there are any, in a file that only counts as a whole."""
    found = list(problems)
    if found:
        raise BadLines(
            _(
                "Lines that cannot be read: %(count)s. The first is line %(line)s: %(message)s The balances vouch for"
                " the lines only together, so the file is not taken."
            ),
            field="file",
            params={"count": len(found), "line": found[0].line, "message": found[0].refusal.user_message},
            details={"problems": [one.as_json() for one in found[:100]]},
        )


def _with_balances(opening: int, lines: Iterable[FileLine]) -> Iterator[FileLine]:
    balance = opening
    for line in lines:
        balance += line.amount
        yield line if line.balance is not None else replace(line, balance=balance)

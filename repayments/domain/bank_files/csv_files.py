"""
Statements as CSV by a declared layout.

A bad line is told with its column and the good ones are taken. Where the file gives balances, each has to follow from
the one before it, in whichever order the bank writes its lines, except across a line that could not be read.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from dashu.kernel.errors import _
from dashu.kernel.money import EXPONENTS, format_minor
from repayments.domain.bank_files.cells import amount_of, day_of
from repayments.domain.bank_files.layouts import Layout, layouts
from repayments.domain.bank_files.values import (
    LONGEST_ACCOUNT,
    LONGEST_NAME,
    LONGEST_TEXT,
    BadAmount,
    BadDate,
    BadText,
    BalanceMismatch,
    FileLine,
    FileStatement,
    LineRefused,
    MalformedBankFile,
    Problem,
    UnknownBankFile,
    reference_of,
    refuse_too_many,
    text_of,
    without_repeats,
)

HEADER_WITHIN = 40  # banks put titles, the account and the period above the table
DELIMITERS = ",\t;"
TOTALS = ("合计", "总计", "小计", "汇总", "本页", "total")  # a first cell of a line that sums up


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: list[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    layout: Layout
    header: list[str]
    places: dict[str, list[int]]
    above: list[list[str]]
    rows: list[_Row]

    def cell(self, row: _Row, fact: str) -> str:
        places = self.places.get(fact)
        return row.cells[places[0]] if places else ""

    def column(self, fact: str) -> str:
        places = self.places.get(fact)
        return self.header[places[0]] if places else ""


def read_csv(text: str, *, currency: str, layout: str | None = None) -> tuple[str, list[FileStatement], list[Problem]]:
    """
    Return the layout's name, one statement for each account of the table, and the lines that cannot be read.

    :param currency: of the amounts where the file does not name one.
    :param layout: take the file as this one; without it, the first whose columns are there.
    :raises UnknownBankFile: no layout has these columns.
    :raises MalformedBankFile: not a table.
    :raises BalanceMismatch: a balance does not follow from the one before it.
    """
    table = _table(text, [layouts()[layout]] if layout else list(layouts().values()))
    refuse_too_many(len(table.rows))
    account_above = _account_above(table)
    lines: dict[tuple[str, str], list[FileLine]] = {}
    problems: list[Problem] = []
    for row in table.rows:
        try:
            account, code, line = _line(table, row, currency)
        except LineRefused as refusal:
            if _sums_up(table, row, refusal):
                continue
            problems.append(Problem(row.number, refusal.field or "", refusal))
            continue
        lines.setdefault((account or account_above, code), []).append(line)
    bad_rows = {problem.line for problem in problems}
    statements = []
    for (account, code), found in lines.items():
        statement, repeated = _statement(account, code, found, bad_rows, table)
        statements.append(statement)
        problems += repeated
    return table.layout.name, statements, sorted(problems, key=lambda problem: problem.line)


def _table(text: str, wanted: list[Layout]) -> _Table:
    rows = list(_rows(text, _delimiter(text)))
    for place, row in enumerate(rows[:HEADER_WITHIN]):
        header = [_clean(cell) for cell in row.cells]
        for layout in wanted:
            if places := layout.places(header):
                return _Table(
                    layout=layout,
                    header=header,
                    places=places,
                    above=[above.cells for above in rows[:place]],
                    rows=[_fitted(later, len(header)) for later in rows[place + 1 :] if _says_something(later)],
                )
    raise UnknownBankFile(
        _("The file is neither camt.053 nor MT940, and no known bank's table has its columns. Known are %(known)s."),
        field="file",
        params={"known": ", ".join(layouts())},
    )


def _delimiter(text: str) -> str:
    start = text[:4000]
    return max(DELIMITERS, key=start.count)


def _rows(text: str, delimiter: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            yield _Row(number, [_clean(cell) for cell in next(reader)])
        except StopIteration:
            return
        except csv.Error as error:
            yield _Row(number, [], str(error))
        if reader.line_num > number + 1000:
            raise MalformedBankFile(
                _("A quoted cell begins on line %(line)s and does not end."), field="file", params={"line": number}
            )


def _clean(cell: str) -> str:
    """Take off what spreadsheets put around digits so that they stay text: ="622…", a tab, an apostrophe."""
    cell = cell.strip()
    if cell.startswith('="') and cell.endswith('"'):
        cell = cell[2:-1]
    return cell.strip("\t '")


def _says_something(row: _Row) -> bool:
    return bool(row.problem) or any(row.cells)


def _sums_up(table: _Table, row: _Row, refusal: LineRefused) -> bool:
    """Whether this is the line of totals below the table: without a date, and called so."""
    first = next((cell for cell in row.cells if cell), "")
    has_date = not (isinstance(refusal, BadDate) or row.problem)
    return not has_date and first.casefold().startswith(TOTALS)


def _fitted(row: _Row, width: int) -> _Row:
    """A delimiter at the end of each line is common; a cell too many that says something is not."""
    if len(row.cells) > width and not any(row.cells[width:]):
        return _Row(row.number, row.cells[:width], row.problem)
    if not row.problem and len(row.cells) != width:
        return _Row(row.number, row.cells, f"{len(row.cells)} cells, the header has {width}")
    return row


def _account_above(table: _Table) -> str:
    for cells in table.above:
        for place, cell in enumerate(cells):
            label, colon, beside = cell.replace(":", "：").partition("：")
            if label.strip() in table.layout.account_above:
                rest = beside if colon and beside.strip() else next((one for one in cells[place + 1 :] if one), "")
                return rest.strip()
    return ""


def _line(table: _Table, row: _Row, currency: str) -> tuple[str, str, FileLine]:
    if row.problem:
        raise LineRefused(_("The line cannot be read: %(problem)s."), params={"problem": row.problem})
    code = _currency(table, row, currency)
    booked_on = day_of(table.cell(row, "booked_on"), table.layout.dates, field=table.column("booked_on"))
    value_on = _value_on(table, row, booked_on)
    amount = _amount(table, row, code)
    side = "payer" if amount > 0 else "payee"
    name, account = (
        (f"{side}_name", f"{side}_account")
        if "payer_name" in table.places
        else ("counterparty_name", "counterparty_account")
    )
    texts = [row.cells[place] for place in table.places.get("text", []) if row.cells[place]]
    text_column = table.column("text")
    line = FileLine(
        row=row.number,
        booked_on=booked_on,
        value_on=value_on,
        amount=amount,
        counterparty_name=text_of(table.cell(row, name), longest=LONGEST_NAME, field=table.column(name)),
        counterparty_account=text_of(table.cell(row, account), longest=LONGEST_ACCOUNT, field=table.column(account)),
        text=text_of(" ".join(dict.fromkeys(texts)), longest=LONGEST_TEXT, field=text_column),
        bank_reference=reference_of(table.cell(row, "bank_reference"), field=table.column("bank_reference")),
        balance=amount_of(table.cell(row, "balance"), code, field=table.column("balance")),
    )
    own = text_of(table.cell(row, "account"), longest=LONGEST_ACCOUNT, field=table.column("account"))
    return own, code, line


def _currency(table: _Table, row: _Row, otherwise: str) -> str:
    word = table.cell(row, "currency")
    code = table.layout.currencies.get(word, word.upper()) if word else otherwise
    if code not in EXPONENTS:
        raise BadText(
            _("The currency %(given)s is not known."), field=table.column("currency"), params={"given": repr(word)[:40]}
        )
    return code


def _value_on(table: _Table, row: _Row, booked_on: date) -> date:
    value = table.cell(row, "value_on")
    return day_of(value, table.layout.dates, field=table.column("value_on")) if value else booked_on


def _amount(table: _Table, row: _Row, currency: str) -> int:
    if "amount" in table.places:
        amount = amount_of(table.cell(row, "amount"), currency, field=table.column("amount"))
        if not amount:
            raise BadAmount(_("The line has no amount."), field=table.column("amount"))
        return amount
    debit = amount_of(table.cell(row, "debit"), currency, field=table.column("debit")) or 0
    credit = amount_of(table.cell(row, "credit"), currency, field=table.column("credit")) or 0
    if bool(debit) == bool(credit):
        words = _("The line has money on both sides.") if debit else _("The line has no amount.")
        raise BadAmount(words, field=table.column("credit"))
    return credit - debit


def _statement(
    account: str, currency: str, lines: list[FileLine], bad_rows: set[int], table: _Table
) -> tuple[FileStatement, list[Problem]]:
    repeated: list[Problem] = []
    if all(line.balance is not None for line in lines):
        if not _follows(lines, bad_rows, table):
            lines = lines[::-1]
            if not _follows(lines, bad_rows, table):
                _refuse_chain(lines[::-1], bad_rows, currency, table)
    else:
        lines, repeated = without_repeats(lines, table.column("bank_reference"))
    opening = closing = None
    if lines and lines[0].balance is not None and not bad_rows:
        opening, closing = lines[0].balance - lines[0].amount, lines[-1].balance
    return FileStatement(account, currency, tuple(lines), opening=opening, closing=closing), repeated


def _follows(lines: list[FileLine], bad_rows: set[int], table: _Table) -> bool:
    return all(not _breaks(one, following, bad_rows) for one, following in pairwise(lines))


def _breaks(one: FileLine, following: FileLine, bad_rows: set[int]) -> bool:
    assert one.balance is not None
    if one.balance + following.amount == following.balance:
        return False
    low, high = sorted((one.row, following.row))
    return not any(low < row < high for row in bad_rows)


def _refuse_chain(lines: list[FileLine], bad_rows: set[int], currency: str, table: _Table) -> None:
    """Name the first line whose balance does not follow, read in the order in which fewer lines break."""

    def broken(order: list[FileLine]) -> list[FileLine]:
        return [following for one, following in pairwise(order) if _breaks(one, following, bad_rows)]

    first = min(broken(lines), broken(lines[::-1]), key=len)[0]
    assert first.balance is not None
    raise BalanceMismatch(
        _(
            "On line %(line)s the balance %(balance)s does not follow from the line before it. A line is missing or was"
            " changed; ask the bank for a complete statement."
        ),
        field="file",
        params={"line": first.row, "balance": format_minor(first.balance, currency)},
        details={"line": first.row, "column": table.column("balance")},
    )

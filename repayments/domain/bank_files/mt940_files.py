"""Statements as MT940 (SWIFT), read by the package mt-940 with all its corrections switched on."""

import io
import logging
import re
from datetime import date
from decimal import Decimal
from typing import Any

import mt940

from dashu.kernel.errors import _
from dashu.kernel.money import EXPONENTS, MAX_MINOR
from repayments.domain.bank_files.values import (
    LONGEST_ACCOUNT,
    LONGEST_NAME,
    LONGEST_TEXT,
    BadAmount,
    BadText,
    FileLine,
    FileStatement,
    LineRefused,
    MalformedBankFile,
    Problem,
    checked,
    reference_of,
    refuse_bad_lines,
    refuse_too_many,
    text_of,
)

# It logs what it cannot read, and that holds names and account numbers.
logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)

OPTIONS = mt940.Options.all()
_BLOCK = re.compile(r"(?m)^(?=:20:)")
_LINE = re.compile(r"(?m)^:61:")
_PIECE = re.compile(r"(?m)^:(?P<tag>\d{2}[A-Z]?|NS):")
_SWIFT_NAME = re.compile(r"/(?:NAME|ORDP|BENM)/+(?:NAME/)?([^/\n]+)")
_SWIFT_TEXT = re.compile(r"/(?:REMI|RFB)/+(.+)$")
_SWIFT_ACCOUNT = re.compile(r"/(?:ACCT|ACCW|IBAN)/+([^/\n]+)")
UNREADABLE = (RuntimeError, ValueError, ArithmeticError, KeyError, TypeError, AttributeError, IndexError)


def is_mt940(text: str) -> bool:
    return bool(re.search(r"(?m)^:20:", text[:5000])) and bool(re.search(r"(?m)^:(?:25|60[FM]?):", text[:20000]))


def read_mt940(text: str) -> list[FileStatement]:
    """
    :raises MalformedBankFile: a tag other than a statement line cannot be read.
    :raises BadLines: statement lines cannot be read.
    :raises BalanceMismatch: opening balance and lines do not make the closing balance.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    refuse_too_many(len(_LINE.findall(text)))
    statements = []
    row = 1
    for block in _BLOCK.split(text):
        if block.startswith(":20:"):
            statements.append(_statement(block, row))
        row += block.count("\n")
    return statements


def _statement(block: str, first_row: int) -> FileStatement:
    rows = [first_row + block[: found.start()].count("\n") for found in _LINE.finditer(block)]
    parsed = _parsed(block, first_row)
    balances = parsed.data
    currency = parsed.currency or ""
    if currency not in EXPONENTS:
        refusal = BadText(_("The currency %(given)s is not known."), field="60F", params={"given": repr(currency)[:40]})
        refuse_bad_lines([Problem(first_row, "60F", refusal)])
    entries = [one for one in parsed.transactions if "amount" in one.data]
    assert len(entries) == len(rows), "every :61: is one transaction"
    lines: list[FileLine] = []
    problems: list[Problem] = []
    for row, entry in zip(rows, entries, strict=True):
        try:
            lines.append(_line(entry.data, currency, row))
        except LineRefused as refusal:
            problems.append(Problem(row, refusal.field or "61", refusal))
    refuse_bad_lines(problems)
    opening = balances.get("final_opening_balance") or balances.get("opening_balance")
    opening = opening or balances.get("intermediate_opening_balance")
    closing = balances.get("final_closing_balance") or balances.get("closing_balance")
    closing = closing or balances.get("intermediate_closing_balance")
    return checked(
        FileStatement(
            account=text_of(str(balances.get("account_identification") or ""), longest=LONGEST_ACCOUNT, field="25"),
            currency=currency,
            lines=tuple(lines),
            opening=_minor(opening.amount.amount, currency, "60F") if opening else None,
            closing=_minor(closing.amount.amount, currency, "62F") if closing else None,
            from_on=_plain_day(opening.date) if opening else None,
            to_on=_plain_day(closing.date) if closing else None,
        )
    )


def _parsed(block: str, first_row: int) -> Any:
    """Have the package read a statement; where it cannot, find out which lines are to blame."""
    try:
        # A handle, because the package takes a text that happens to be a path as the name of a file to open.
        return mt940.parse(io.StringIO(block), options=OPTIONS)
    except UNREADABLE as error:
        refuse_bad_lines(_bad_pieces(block, first_row))
        raise MalformedBankFile(
            _("The statement that begins on line %(line)s cannot be read."), field="file", params={"line": first_row}
        ) from error


def _bad_pieces(block: str, first_row: int) -> list[Problem]:
    starts = list(_PIECE.finditer(block))
    problems = []
    for found, following in zip(starts, [*starts[1:], None], strict=True):
        piece = block[found.start() : following.start() if following else len(block)]
        try:
            mt940.parse(io.StringIO(f":20:X\n{piece}"), options=OPTIONS)
        except UNREADABLE:
            tag = found["tag"]
            refusal = LineRefused(_("The field :%(tag)s: does not have the form of MT940."), params={"tag": tag})
            problems.append(Problem(first_row + block[: found.start()].count("\n"), tag, refusal))
    return problems


def _line(data: dict[str, Any], currency: str, row: int) -> FileLine:
    amount = data["amount"]
    if amount.currency != currency:
        raise BadAmount(
            _("The amount is in %(given)s, the account in %(currency)s."),
            field="61",
            params={"given": repr(amount.currency)[:40], "currency": currency},
        )
    minor = _minor(amount.amount, currency, "61")
    if minor == 0:
        raise BadAmount(_("The line has no amount."), field="61")
    value_on = _plain_day(data["date"])
    details = str(data.get("transaction_details") or "").replace("\n", " ")
    name = str(data.get("applicant_name") or "") or _found(_SWIFT_NAME, details)
    account = str(data.get("applicant_iban") or data.get("gvc_applicant_iban") or "") or _found(_SWIFT_ACCOUNT, details)
    texts = [
        str(data.get(key) or "").replace("\n", " ")
        for key in (
            "purpose",
            "additional_purpose",
            "end_to_end_reference",
            "customer_reference",
            "extra_details",
        )
    ]
    texts.append(_found(_SWIFT_TEXT, details) or details)
    kept = [text for text in dict.fromkeys(text.strip() for text in texts) if text and text.upper() != "NONREF"]
    return FileLine(
        row=row,
        booked_on=_plain_day(data["entry_date"]) if isinstance(data.get("entry_date"), date) else value_on,
        value_on=value_on,
        amount=minor,
        counterparty_name=text_of(name, longest=LONGEST_NAME, field="86"),
        counterparty_account=text_of(account, longest=LONGEST_ACCOUNT, field="86"),
        text=text_of(" ".join(kept), longest=LONGEST_TEXT, field="86"),
        bank_reference=reference_of(str(data.get("bank_reference") or ""), field="61"),
    )


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1].strip() if found else ""


def _minor(amount: Decimal, currency: str, field: str) -> int:
    scaled = amount.scaleb(EXPONENTS[currency])
    if scaled != scaled.to_integral_value() or abs(scaled) > MAX_MINOR:
        raise BadAmount(
            _("%(given)s is not an amount in %(currency)s."),
            field=field,
            params={"given": repr(str(amount))[:40], "currency": currency},
        )
    return int(scaled)


def _plain_day(day: date) -> date:
    return date(day.year, day.month, day.day)

"""
Statements as camt.053 (ISO 20022), any version from 001.01 on, read by the standard's element names.

Parsed by defusedxml, which refuses entities and references to outside; why no binding is used stands in
docs/decisions. Entries that are not booked are no money yet: they are told, not taken.
"""

from datetime import date
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from dashu.kernel.errors import _
from dashu.kernel.money import EXPONENTS
from repayments.domain.bank_files.cells import amount_of, day_of
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
    UnsafeXml,
    checked,
    reference_of,
    refuse_bad_lines,
    refuse_too_many,
    text_of,
)

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053."
DEEPEST = 40  # the standard needs about fifteen
DAYS = (
    "%Y-%m-%d",
    "%Y-%m-%d%z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
)
BOOKED = {"BOOK", ""}
PARTY = {"CRDT": ("Dbtr", "DbtrAcct"), "DBIT": ("Cdtr", "CdtrAcct")}
TEXTS = ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "Refs/EndToEndId", "Refs/TxId", "Refs/InstrId", "AddtlTxInf")

At = dict[Element, int]


class NotBooked(LineRefused):
    """The bank lists the entry as pending or as information; it comes again when it is booked."""

    code = "bank_line_not_booked"


def is_camt(text: str) -> bool:
    return text.lstrip()[:1] == "<"


def read_camt(text: str) -> list[FileStatement]:
    """
    :raises UnsafeXml: entities, or references to outside.
    :raises MalformedBankFile: not well-formed, or not a camt.053.
    :raises BadLines: entries that cannot be read.
    :raises BalanceMismatch: opening balance and entries do not make the closing balance.
    """
    root, at = _parse(text)
    if root.tag != "Document" or root.find("BkToCstmrStmt") is None:
        raise MalformedBankFile(_("The XML is not a bank statement of the kind camt.053."), field="file")
    entries = root.findall("BkToCstmrStmt/Stmt/Ntry")
    refuse_too_many(len(entries))
    return [_statement(found, at) for found in root.findall("BkToCstmrStmt/Stmt")]


class _Lines(DefusedXMLParser):
    """Notes on which line of the file each element begins, and refuses what is nested beyond reason."""

    def __init__(self) -> None:
        super().__init__(forbid_dtd=True, forbid_entities=True, forbid_external=True)
        self.at: At = {}
        self.depth = 0
        start, end = self.parser.StartElementHandler, self.parser.EndElementHandler
        self._starts, self._ends = start, end
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._finish

    def _begin(self, tag: str, attributes: Any) -> Element:
        self.depth += 1
        if self.depth > DEEPEST:
            raise UnsafeXml(_("The XML is nested more deeply than any statement is."), field="file")
        element: Element = self._starts(tag, attributes)
        self.at[element] = self.parser.CurrentLineNumber
        return element

    def _finish(self, tag: str) -> Any:
        self.depth -= 1
        return self._ends(tag)


def _parse(text: str) -> tuple[Element, At]:
    # The text is decoded, so what it said of its encoding no longer holds; blank lines keep the line numbers.
    body = text.lstrip()
    if body.startswith("<?xml"):
        body = body.partition("?>")[2]
    body = "\n" * text[: len(text) - len(body)].count("\n") + body
    parser = _Lines()
    try:
        parser.feed(body.encode())
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise UnsafeXml(
            _("The XML declares entities or refers to something outside itself. No bank sends that; it is not read."),
            field="file",
        ) from error
    except ParseError as error:
        line, _column = error.position
        raise MalformedBankFile(
            _("The XML is damaged on line %(line)s."), field="file", params={"line": line}
        ) from error
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    return root, parser.at


def _statement(found: Element, at: At) -> FileStatement:
    problems: list[Problem] = []
    left_out: list[Problem] = []
    lines: list[FileLine] = []
    currency = _account_currency(found, at)
    for entry in found.findall("Ntry"):
        try:
            lines += _entry_lines(entry, currency, at)
        except NotBooked as refusal:
            left_out.append(Problem(at[entry], "Sts", refusal))
        except LineRefused as refusal:
            problems.append(Problem(at[entry], refusal.field or "Ntry", refusal))
    opening = closing = None
    try:
        opening, closing = _balance(found, ("OPBD", "PRCD"), currency), _balance(found, ("CLBD",), currency)
    except LineRefused as refusal:
        problems.append(Problem(at[found], refusal.field or "Bal", refusal))
    refuse_bad_lines(problems)
    return checked(
        FileStatement(
            account=_first(found, "Acct/Id/IBAN", "Acct/Id/Othr/Id"),
            currency=currency,
            lines=tuple(lines),
            opening=opening,
            closing=closing,
            from_on=_period(found, "FrToDt/FrDtTm"),
            to_on=_period(found, "FrToDt/ToDtTm"),
            left_out=tuple(left_out),
        )
    )


def _account_currency(found: Element, at: At) -> str:
    amounts = (one.get("Ccy", "") for one in found.iter("Amt"))
    currency = _first(found, "Acct/Ccy") or next(amounts, "")
    if currency not in EXPONENTS:
        refusal = BadText(_("The currency %(given)s is not known."), field="Ccy", params={"given": repr(currency)[:40]})
        refuse_bad_lines([Problem(at[found], "Ccy", refusal)])
    return currency


def _balance(found: Element, kinds: tuple[str, ...], currency: str) -> int | None:
    for kind in kinds:
        for balance in found.findall("Bal"):
            if _first(balance, "Tp/CdOrPrtry/Cd") == kind:
                return _amount(balance, currency)
    return None


def _amount(found: Element, currency: str) -> int:
    """Read an amount with the sign of its direction: money in is positive."""
    amount = found.find("Amt")
    direction = _first(found, "CdtDbtInd")
    if amount is None or direction not in PARTY:
        raise BadAmount(_("The amount or its direction is missing."), field="Amt")
    if amount.get("Ccy") != currency:
        raise BadAmount(
            _("The amount is in %(given)s, the account in %(currency)s."),
            field="Amt",
            params={"given": repr(amount.get("Ccy"))[:40], "currency": currency},
        )
    minor = amount_of(amount.text or "", currency, field="Amt")
    if minor is None or minor < 0:
        raise BadAmount(_("The line has no amount."), field="Amt")
    return minor if direction == "CRDT" else -minor


def _entry_lines(entry: Element, currency: str, at: At) -> list[FileLine]:
    """Return one line for the entry, or one for each of its transactions where their amounts make the entry's."""
    if (status := _first(entry, "Sts/Cd", "Sts")) not in BOOKED:
        raise NotBooked(_("The bank has not booked this entry (%(status)s)."), params={"status": status[:20]})
    total = _amount(entry, currency)
    if total == 0:
        raise BadAmount(_("The line has no amount."), field="Amt")
    booked_on = _day(entry, "BookgDt") or _day(entry, "ValDt")
    if booked_on is None:
        raise LineRefused(_("The entry has no booking date."), field="BookgDt")
    value_on = _day(entry, "ValDt") or booked_on
    details = entry.findall("NtryDtls/TxDtls")
    parts = [_part(one, entry, currency) for one in details]
    sums_up = len(details) > 1 and None not in parts and sum(part or 0 for part in parts) == total
    wanted = list(zip(details, parts, strict=True)) if sums_up else [(details[0] if details else None, total)]
    reference = reference_of(_first(entry, "AcctSvcrRef"), field="AcctSvcrRef")
    return [
        _line(entry, one, amount or 0, booked_on, value_on, _own_reference(reference, one, sums_up), at)
        for one, amount in wanted
    ]


def _own_reference(reference: str, details: Element | None, is_part: bool) -> str:
    """The transactions of a batch share the entry's reference, so only their own tells them apart."""
    if not is_part or details is None:
        return reference
    own = reference_of(_first(details, "Refs/AcctSvcrRef", "Refs/TxId"), field="AcctSvcrRef")
    return own if own != reference else ""


def _line(
    entry: Element, details: Element | None, amount: int, booked_on: date, value_on: date, reference: str, at: At
) -> FileLine:
    party, account = PARTY["CRDT" if amount > 0 else "DBIT"]
    source = details if details is not None else entry
    name = _first(source, f"RltdPties/{party}/Nm", f"RltdPties/{party}/Pty/Nm", f"RltdPties/Ultmt{party}/Nm")
    texts = [one for path in TEXTS for one in _all(source, path)] + _all(entry, "AddtlNtryInf")
    texts = [one for one in texts if one.upper() not in ("NOTPROVIDED", "NONREF")]
    return FileLine(
        row=at[details if details is not None else entry],
        booked_on=booked_on,
        value_on=value_on,
        amount=amount,
        counterparty_name=text_of(name, longest=LONGEST_NAME, field="Nm"),
        counterparty_account=text_of(
            _first(source, f"RltdPties/{account}/Id/IBAN", f"RltdPties/{account}/Id/Othr/Id"),
            longest=LONGEST_ACCOUNT,
            field=account,
        ),
        text=text_of(" ".join(dict.fromkeys(texts)), longest=LONGEST_TEXT, field="RmtInf"),
        bank_reference=reference,
    )


def _part(details: Element, entry: Element, currency: str) -> int | None:
    """The amount of one transaction of an entry in its versions' places, None where it is in none or not comparable."""
    amount = details.find("Amt")
    if amount is None:
        amount = details.find("AmtDtls/TxAmt/Amt")
    if amount is None or amount.get("Ccy") != currency:
        return None
    minor = amount_of(amount.text or "", currency, field="Amt")
    direction = _first(details, "CdtDbtInd") or _first(entry, "CdtDbtInd")
    return None if not minor else minor if direction == "CRDT" else -minor


def _day(found: Element, name: str) -> date | None:
    value = _first(found, f"{name}/Dt", f"{name}/DtTm")
    return day_of(value, DAYS, field=name) if value else None


def _period(found: Element, path: str) -> date | None:
    value = _first(found, path)
    return day_of(value, DAYS, field=path) if value else None


def _first(found: Element, *paths: str) -> str:
    return next((text for path in paths for text in _all(found, path)), "")


def _all(found: Element, path: str) -> list[str]:
    return [text for one in found.findall(path) if (text := (one.text or "").strip())]

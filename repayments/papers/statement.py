"""The statement of account as PDF and XLSX: the same rows, once as text and once as dates and numbers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from dashu.documents.papers import paper
from repayments.domain.statements import Component
from repayments.papers.wording import COMPONENTS, TYPST_LANGUAGE, amount, bare_amount, day, plain, short_day, told

# The parts that a payment goes to, in the order of the columns.
PAID_PARTS = (Component.FEE, Component.PENALTY, Component.INTEREST, Component.PRINCIPAL)


def statement_pdf(
    facts: Mapping[str, Any], *, number: str, code: str, language: str, verify_url: str, issued_at: datetime
) -> bytes:
    """Return the statement in a language. :param code: grouped, as it is printed."""
    with translation.override(language):
        data = _data(facts, number=number, code=code, language=language)
    return paper("statement_of_account", data, verify_url=verify_url, issued_at=issued_at)


def shown_components(facts: Mapping[str, Any]) -> list[Component]:
    """Return the components that the loan ever had in the period; principal and interest always."""
    always = (Component.PRINCIPAL, Component.INTEREST)
    return [part for part in Component if part in always or any(_summary(facts, part))]


def summary_rows(facts: Mapping[str, Any]) -> list[tuple[str, tuple[int, int, int, int]]]:
    """Return for each component, and in all, what it was, what was charged, what was paid, and what it is."""
    rows = [(str(COMPONENTS[part]), _summary(facts, part)) for part in shown_components(facts)]
    sums = tuple(sum(row[column] for _name, row in rows) for column in range(4))
    return [*rows, (gettext("Owed in all"), (sums[0], sums[1], sums[2], sums[3]))]


def heading(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (gettext("Borrower"), plain(facts["borrower"])),
        (gettext("Contract number"), facts["loan"]),
        (gettext("Product"), facts["product"]),
        (gettext("Period"), gettext("%(first)s to %(last)s") % _period(facts)),
        (gettext("Currency"), facts["currency"]),
        (gettext("Issued on"), day(facts["issued_on"])),
    ]


def column_names() -> list[str]:
    return [
        gettext("Date"),
        gettext("What happened"),
        gettext("Charged"),
        gettext("Received"),
        *(gettext("of it: %(part)s") % {"part": COMPONENTS[part]} for part in PAID_PARTS),
        str(COMPONENTS[Component.CREDIT]),
        gettext("Owed"),
    ]


def numbers(line: Mapping[str, Any]) -> list[int]:
    """
    Return the amounts of a line in the order of the columns: charged, received, the parts, credit, owed.

    What a recovery pays of a claim after charge-off stands with principal, what was listed apart with interest.
    """
    paid = line["paid"]
    beside = {Component.PRINCIPAL: Component.CLAIM, Component.INTEREST: Component.SET_APART}
    parts = [paid.get(part, 0) + (paid.get(beside[part], 0) if part in beside else 0) for part in PAID_PARTS]
    return [sum(line["charged"].values()), line["received"], *parts, paid.get(Component.CREDIT, 0), line["owed"]]


def closing_words(facts: Mapping[str, Any]) -> str:
    return gettext("Opening balance + charged − paid = closing balance, for each row and to the fen.")


def _summary(facts: Mapping[str, Any], part: Component) -> tuple[int, int, int, int]:
    lines = facts["lines"]
    return (
        facts["opening"].get(part, 0),
        sum(line["charged"].get(part, 0) for line in lines),
        sum(line["paid"].get(part, 0) for line in lines),
        facts["closing"].get(part, 0),
    )


def _period(facts: Mapping[str, Any]) -> dict[str, str]:
    return {"first": day(facts["first"]), "last": day(facts["last"])}


def _data(facts: Mapping[str, Any], *, number: str, code: str, language: str) -> dict[str, Any]:
    lang, region = TYPST_LANGUAGE[language]
    currency = facts["currency"]

    def texts(line: Mapping[str, Any]) -> list[str]:
        *moved, owed = numbers(line)
        shown = [bare_amount(minor, currency) for minor in moved]
        return [short_day(line["on"]), told(line, currency), *shown, bare_amount(owed, currency) or "0.00"]

    names = [gettext("Balance"), gettext("Opening"), gettext("Charged"), gettext("Paid"), gettext("Closing")]
    return {
        "lender": facts["lender"],
        "number": number,
        "code": code,
        "typst_lang": lang,
        "typst_region": region,
        "heading": [list(row) for row in heading(facts)],
        "summary_names": names,
        "summary": [[name, *(amount(minor, currency) for minor in row)] for name, row in summary_rows(facts)],
        "columns": column_names(),
        "lines": [texts(line) for line in facts["lines"]],
        "words": {
            "title": gettext("Statement of account"),
            "lines": gettext("Every movement"),
            "currency": gettext("Amounts in %(currency)s") % {"currency": currency},
            "opening": gettext("Opening balance"),
            "opening_owed": bare_amount(sum(facts["opening"].values()), currency) or "0.00",
            "closing": gettext("Closing balance"),
            "closing_owed": bare_amount(sum(facts["closing"].values()), currency) or "0.00",
            "nothing": gettext("Nothing moved in this period."),
            "reconciles": closing_words(facts),
            "verify": gettext("Check this paper: scan the code, or enter it at the address below."),
            "note": gettext(
                "This statement says what the books said on the day of issue. A payment that is returned or booked"
                " later changes them; then a new statement says so."
            ),
            "qr_alt": gettext("QR code of the page where this paper can be checked"),
        },
    }

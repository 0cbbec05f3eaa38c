"""The statement of account as XLSX."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from dashu.documents.sheets import Amount, Row, sheet
from repayments.papers.statement import column_names, heading, numbers, summary_rows
from repayments.papers.wording import told


def statement_xlsx(
    facts: Mapping[str, Any], *, number: str, code: str, language: str, verify_url: str, issued_at: datetime
) -> bytes:
    """Return the statement in a language. :param code: grouped, as it is printed."""
    currency = facts["currency"]

    def amounts(*minors: int) -> list[Amount]:
        return [Amount(minor, currency) for minor in minors]

    with translation.override(language):
        about: list[Row] = [
            [gettext("Lender"), facts["lender"]],
            *(list(row) for row in heading(facts)),
            [gettext("Number"), number],
            [gettext("Verification code"), code],
            [gettext("Check it at"), verify_url],
        ]
        names = [gettext("Balance"), "", gettext("Opening"), gettext("Charged"), gettext("Paid"), gettext("Closing")]
        summary: list[Row] = [[name, None, *amounts(*row)] for name, row in summary_rows(facts)]
        last = date.fromisoformat(facts["last"])
        opening: Row = [
            date.fromisoformat(facts["first"]),
            gettext("Opening balance"),
            *([None] * 7),
            *amounts(sum(facts["opening"].values())),
        ]
        lines: list[Row] = [
            [date.fromisoformat(line["on"]), told(line, currency), *amounts(*numbers(line))] for line in facts["lines"]
        ]
        closing: Row = [last, gettext("Closing balance"), *([None] * 7), *amounts(sum(facts["closing"].values()))]
        return sheet(
            title=gettext("Statement of account"),
            blocks=[([], about), (names, summary), (column_names(), [opening, *lines, closing])],
            widths=[18, 52, *[14] * 8],
            issued_at=issued_at,
        )

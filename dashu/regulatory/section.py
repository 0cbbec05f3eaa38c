"""A part of the pack: one table with its title and how its figures come about, as a workbook and as CSV."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from dashu.documents.sheets import Amount, Row, Value, sheet
from dashu.kernel.money import format_minor
from dashu.ledger.exporting import plain_text

_WIDTH = 22


@dataclass(frozen=True, slots=True)
class Section:
    """
    :param code: how its files are called.
    :param note: what the figures are of, in a sentence or two.
    :param heads: of the columns.
    """

    code: str
    title: str
    note: str
    heads: Sequence[str]
    rows: Sequence[Row]

    def as_csv(self) -> bytes:
        """Return the table as UTF-8 with a byte-order mark, so that spreadsheets read it."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([plain_text(head) for head in self.heads])
        writer.writerows([_plain(value) for value in row] for row in self.rows)
        return text.getvalue().encode("utf-8-sig")

    def as_workbook(self, *, issued_at: datetime) -> bytes:
        blocks: list[tuple[Sequence[str], Sequence[Row]]] = [((), [(self.note,)]), (self.heads, self.rows)]
        return sheet(title=self.title, blocks=blocks, widths=[_WIDTH] * len(self.heads), issued_at=issued_at)


def rate(fraction: Decimal | None) -> str:
    """Return a yearly rate, or a share, in percent with four digits; "" for none."""
    return "" if fraction is None else f"{(fraction * 100).quantize(Decimal('0.0001'), ROUND_HALF_UP)}%"


def share(part: int, whole: int) -> str:
    """Return part ÷ whole in percent; "" where there is nothing to divide by."""
    return rate(Decimal(part) / Decimal(whole)) if whole else ""


def _plain(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, Amount):
        return format_minor(value.minor, value.currency)
    return value.isoformat() if isinstance(value, date) else plain_text(value) if isinstance(value, str) else str(value)

"""Tables and figures on staff pages: plain values, decided before the template."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Column:
    title: Text
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    value: Any
    is_number: bool


@dataclass(frozen=True, slots=True)
class Line:
    """
    One row with its cells. :param tone: "" or, in a comparison, "changed" or "quiet"; words in the row say the same.
    """

    cells: Sequence[Cell]
    tone: str = ""

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """
    :param rows: a value for each column.
    :param tones: of each row, see `Line`; without them all rows are alike.
    :param note: one line below the title, such as what is left out.
    :param empty: what stands there instead of no rows.
    :param more: address of the complete list.
    """

    title: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    empty: Text
    note: Text = ""
    more: str = ""
    tones: Sequence[str] = ()

    @property
    def lines(self) -> Iterator[Line]:
        for row, tone in zip(self.rows, self.tones or [""] * len(self.rows), strict=True):
            cells = [Cell(value, column.is_number) for column, value in zip(self.columns, row, strict=True)]
            yield Line(cells, tone)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with what it means. :param tone: "plain", "good", "soon" or "late"."""

    title: Text
    value: Any
    note: Any = ""
    tone: str = "plain"


def wrapped(words: Any) -> SafeString:
    """Return words of a cell that may go over several lines; cells keep to one otherwise."""
    return format_html('<span class="staff-wrap">{}</span>', words)

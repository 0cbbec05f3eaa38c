"""The tables of a report as a page shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from dashu.insight.figures import Column, Figures, Kind, Row
from dashu.web import staff_tables
from dashu.web.charts import Chart
from dashu.web.templatetags.dashu import lender_date, money

ROWS_OF_A_PAGE = 150
NUMBERS = (Kind.MONEY, Kind.COUNT, Kind.SHARE, Kind.NUMBER)


@dataclass(frozen=True, slots=True)
class Shown:
    """:param notes: what stands above the table. :param code: of the figures, for the address of a file."""

    code: str
    table: staff_tables.Table
    chart: Chart | None
    notes: list[str]


def shown(figures: Figures) -> Shown:
    """Return a table for a page; of a long one its beginning, and a note that says so."""
    rows = list(islice(figures.rows, ROWS_OF_A_PAGE + 1))
    notes = [str(note) for note in figures.notes]
    if len(rows) > ROWS_OF_A_PAGE:
        rows = rows[:ROWS_OF_A_PAGE]
        notes.append(_("These are the first %(count)s lines. The file has all of them.") % {"count": ROWS_OF_A_PAGE})
    links = figures.links or [""] * len(rows)
    table = staff_tables.Table(
        title=figures.title,
        columns=[staff_tables.Column(column.title, is_number=column.kind in NUMBERS) for column in figures.columns],
        rows=[list(_cells(figures, row, link)) for row, link in zip(rows, links, strict=False)],
        empty=figures.empty,
    )
    return Shown(figures.code, table, figures.chart, notes)


def _cells(figures: Figures, row: Row, link: str) -> Iterator[Any]:
    for place, (column, value) in enumerate(zip(figures.columns, row, strict=True)):
        words = written(column, value, figures.currency)
        yield format_html('<a href="{}">{}</a>', link, words) if link and not place else words


def written(column: Column, value: Any, currency: str) -> Any:
    """Write one value for a reader; what is not known is a dash."""
    if value is None:
        return "–"
    match column.kind:
        case Kind.MONEY:
            return money(value, currency)
        case Kind.COUNT:
            return f"{value:,}"
        case Kind.SHARE:
            return f"{value * 100:.2f}%"
        case Kind.NUMBER:
            return f"{value:,f}"
        case Kind.MONTH:
            return date_format(value, "Y-m")
        case Kind.DAY:
            return lender_date(value)
    return column.labels(value) if column.labels else value

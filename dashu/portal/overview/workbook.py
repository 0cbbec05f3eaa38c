"""
The overview as a workbook. Amounts are numbers in whole currency, rates are numbers, so that it can be worked on.

They are written as decimals, exactly; no text of it can be taken for a formula.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from collections_mgmt.domain.desk_figures import Measure
from collections_mgmt.presenting import bucket_label
from collections_mgmt.selectors.worker_names import strategy_names, team_names
from dashu.kernel.money import fraction_digits
from dashu.ledger.exporting import plain_text
from dashu.portal.overview.figures import RATES, Group, Overview
from dashu.portal.overview.tables import MEASURES, detail_label, state_label
from dashu.web.templatetags.dashu import lender_date

SHARE, COUNT, DECIMAL = "0.00%", "#,##0", "#,##0.00"
FORMATS = {"share": SHARE, "per_thousand": DECIMAL, "count": COUNT}
WIDEST, NARROWEST = 60, 12

Cell = tuple[Any, str]  # a value and how it is written; "" for text
Row = Sequence[Cell]


def write_workbook(file: BinaryIO, overview: Overview, groups: list[Group], *, with_desk: bool) -> None:
    """:param with_desk: the person may see what the desk did, not only the book."""
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    _sheet(
        book, _("Figures"), [_("figure"), _("value"), _compared(overview), _("what it is made of")], _figures(groups)
    )
    bucket_heads = [_("day"), _("bucket"), _("loans"), _("principal in %(currency)s") % _currency(overview)]
    _sheet(book, _("Buckets"), bucket_heads, _buckets(overview))
    heads = [
        _("bucket before"),
        _("bucket at the end"),
        _("loans"),
        _("share of loans"),
        _("principal in %(currency)s") % _currency(overview),
        _("share of balance"),
    ]
    _sheet(book, _("Roll rates"), heads, _rolls(overview))
    if with_desk:
        done = [_("what"), _("detail"), _("count"), _compared(overview)]
        _sheet(book, _("What was done"), done, _done(overview))
        workers = [_("team"), _("strategy"), _("contacts"), *(str(each.title) for each in RATES)]
        _sheet(book, _("Teams and strategies"), workers, _workers(overview))
    _sheet(book, _("How it is computed"), [_("figure"), _("formula")], _hows(groups))
    book.save(file)


def _sheet(book: Workbook, title: str, heads: Sequence[str], rows: Iterator[Row]) -> None:
    sheet: Worksheet = book.create_sheet(title[:31])
    sheet.append([plain_text(capfirst(head)) for head in heads])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    widths = [len(head) for head in heads]
    for row in rows:
        sheet.append([plain_text(value) if not written else value for value, written in row])
        for place, (value, written) in enumerate(row):
            cell = sheet.cell(sheet.max_row, place + 1)
            if written:
                cell.number_format = written
            else:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            widths[place] = max(widths[place], len(str(value)))
    for place, width in enumerate(widths):
        sheet.column_dimensions[chr(ord("A") + place)].width = min(max(width + 2, NARROWEST), WIDEST)
    sheet.freeze_panes = "A2"


def _figures(groups: list[Group]) -> Iterator[Row]:
    for group in groups:
        for card in group.cards:
            written = FORMATS[card.unit]
            yield (
                (card.title, ""),
                _number(card.number, written),
                _number(card.before, written),
                (card.note or (card.none if card.number is None else ""), ""),
            )


def _buckets(overview: Overview) -> Iterator[Row]:
    for day in overview.trend:
        for band in day.buckets.bands:
            worth = day.in_bucket(band.code)
            yield (
                (day.on, "yyyy-mm-dd"),
                (bucket_label(band.code), ""),
                (worth.loans, COUNT),
                (_amount(worth.principal, overview), DECIMAL),
            )


def _rolls(overview: Overview) -> Iterator[Row]:
    moves = overview.month
    if moves is None:
        return
    for (before, after), worth in sorted(moves.cells.items()):
        yield (
            (state_label(before), ""),
            (state_label(after), ""),
            (worth.loans, COUNT),
            _number(moves.share(before, after, by_balance=False), SHARE),
            (_amount(worth.principal, overview), DECIMAL),
            _number(moves.share(before, after, by_balance=True), SHARE),
        )


def _done(overview: Overview) -> Iterator[Row]:
    then = overview.flow_then
    for measure in Measure:
        counts = overview.flow.by_detail(measure)
        for detail, count in counts.items():
            before = then.count(measure, detail) if then else None
            yield (
                (MEASURES[measure], ""),
                (detail_label(measure, detail), ""),
                (count, COUNT),
                _number(before, COUNT),
            )


def _workers(overview: Overview) -> Iterator[Row]:
    teams, strategies = team_names(overview.flows.teams), strategy_names(overview.flows.strategies)
    for (team, strategy), flow in sorted(overview.flows.now.items()):
        rates = [_number(getattr(flow, each.attribute), FORMATS[each.unit]) for each in RATES]
        yield (
            (teams.get(team) or _("none"), ""),
            (strategies.get(strategy) or _("none"), ""),
            (flow.contacts, COUNT),
            *rates,
        )


def _hows(groups: list[Group]) -> Iterator[Row]:
    for group in groups:
        for card in group.cards:
            yield ((card.title, ""), (f"{card.how} {group.note}".strip(), ""))


def _number(value: Decimal | int | None, written: str) -> Cell:
    return (_("none"), "") if value is None else (value, written)


def _amount(minor: int, overview: Overview) -> Decimal:
    return Decimal(minor).scaleb(-fraction_digits(overview.asked.scope.currency))


def _currency(overview: Overview) -> dict[str, str]:
    return {"currency": overview.asked.scope.currency}


def _compared(overview: Overview) -> str:
    return lender_date(overview.compared) if overview.compared else _("compared")

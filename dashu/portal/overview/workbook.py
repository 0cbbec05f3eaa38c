"""
The overview as a workbook. Amounts are numbers in whole currency, rates are numbers, so that it can be worked on.

They are written as decimals, exactly.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import BinaryIO

from django.utils.translation import gettext as _

from collections_mgmt.domain.desk_figures import Measure
from collections_mgmt.presenting import bucket_label
from collections_mgmt.selectors.worker_names import strategy_names, team_names
from dashu.insight.words import state_label
from dashu.kernel.money import fraction_digits
from dashu.portal.overview.figures import RATES, Group, Overview
from dashu.portal.overview.tables import MEASURES, detail_label
from dashu.web.templatetags.dashu import lender_date
from dashu.web.workbooks import COUNT, DAY, DECIMAL, SHARE, Cell, Row, Sheet
from dashu.web.workbooks import write_workbook as write_sheets

FORMATS = {"share": SHARE, "per_thousand": DECIMAL, "count": COUNT}


def write_workbook(file: BinaryIO, overview: Overview, groups: list[Group], *, with_desk: bool) -> None:
    """:param with_desk: the person may see what the desk did, not only the book."""
    bucket_heads = [_("day"), _("bucket"), _("loans"), _("principal in %(currency)s") % _currency(overview)]
    heads = [
        _("bucket before"),
        _("bucket at the end"),
        _("loans"),
        _("share of loans"),
        _("principal in %(currency)s") % _currency(overview),
        _("share of balance"),
    ]
    figures = [_("figure"), _("value"), _compared(overview), _("what it is made of")]
    done = [_("what"), _("detail"), _("count"), _compared(overview)]
    workers = [_("team"), _("strategy"), _("contacts"), *(str(each.title) for each in RATES)]
    of_desk = [
        Sheet(_("What was done"), done, _done(overview)),
        Sheet(_("Teams and strategies"), workers, _workers(overview)),
    ]
    write_sheets(
        file,
        [
            Sheet(_("Figures"), figures, _figures(groups)),
            Sheet(_("Buckets"), bucket_heads, _buckets(overview)),
            Sheet(_("Roll rates"), heads, _rolls(overview)),
            *(of_desk if with_desk else []),
            Sheet(_("How it is computed"), [_("figure"), _("formula")], _hows(groups)),
        ],
    )


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
                (day.on, DAY),
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

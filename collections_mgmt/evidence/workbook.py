"""The comparison of offers of relief as a workbook: shares as numbers, a row for each measure."""

from collections.abc import Iterator
from decimal import Decimal
from typing import BinaryIO

from django.utils.translation import gettext

from collections_mgmt.domain.relief_evidence import HALF_YEAR, MONTHS, YEAR, Compared, Measure, Side
from collections_mgmt.evidence.pages import MEASURES, verdict
from collections_mgmt.selectors.relief_evidence import Evidence
from dashu.kernel.money import EXPONENTS
from dashu.web.workbooks import COUNT, DECIMAL, SHARE, Cell, Row, Sheet, write_workbook


def write_evidence(file: BinaryIO, found: Evidence, *, currency: str) -> None:
    write_workbook(
        file,
        [
            Sheet(gettext("What became of them"), _heads(), _rows(found)),
            Sheet(gettext("What came back"), _paid_heads(), _paid_rows(found, currency)),
        ],
    )


def _heads() -> list[str]:
    sides = [gettext("made an offer"), gettext("left alone")]
    side_heads = [
        f"{side}: {what}"
        for side in sides
        for what in (
            gettext("people"),
            gettext("counted"),
            gettext("share"),
            gettext("from"),
            gettext("to"),
            gettext("helped otherwise"),
        )
    ]
    gap = gettext("difference")
    return [
        gettext("campaign"),
        gettext("of the people drawn"),
        gettext("months"),
        *side_heads,
        gap,
        f"{gap}: {gettext('from')}",
        f"{gap}: {gettext('to')}",
        gettext("what follows from it"),
    ]


def _rows(found: Evidence) -> Iterator[Row]:
    for name, compared in _scopes(found):
        for measure, words in MEASURES.items():
            gap = compared.difference(measure)
            bounds = (gap.value, gap.low, gap.high) if gap else (None, None, None)
            yield [
                (name, ""),
                (str(words), ""),
                (MONTHS[measure], COUNT),
                *_side(compared.offered, measure),
                *_side(compared.alone, measure),
                *((bound, SHARE) for bound in bounds),
                (verdict(compared, measure), ""),
            ]


def _side(side: Side, measure: Measure) -> list[Cell]:
    """Return a side by a measure, and at the end how many of all who were drawn into it were helped otherwise."""
    share = side.share(measure)
    low, high = share.interval() if share.total else (None, None)
    found: list[Cell] = [(share.total, COUNT), (share.count, COUNT)]
    return [*found, (share.rate, SHARE), (low, SHARE), (high, SHARE), (side.helped, COUNT)]


def _paid_heads() -> list[str]:
    gap = gettext("difference")
    return [
        gettext("campaign"),
        gettext("months"),
        gettext("made an offer"),
        gettext("left alone"),
        gap,
        f"{gap}: {gettext('from')}",
        f"{gap}: {gettext('to')}",
    ]


def _paid_rows(found: Evidence, currency: str) -> Iterator[Row]:
    def amount(minor: float) -> Decimal:
        return Decimal(round(minor)).scaleb(-EXPONENTS[currency])

    for name, compared in _scopes(found):
        for months in (HALF_YEAR, YEAR):
            gap = compared.paid_more(months)
            means = (compared.offered.paid[months].value, compared.alone.paid[months].value)
            bounds = (gap.value, gap.low, gap.high) if gap else (None, None, None)
            amounts = ((None if each is None else amount(each), DECIMAL) for each in (*means, *bounds))
            yield [(name, ""), (months, COUNT), *amounts]


def _scopes(found: Evidence) -> Iterator[tuple[str, Compared]]:
    yield gettext("all campaigns"), found.overall
    for campaign, compared in found.campaigns:
        yield f"{campaign.name} ({campaign.reference})", compared

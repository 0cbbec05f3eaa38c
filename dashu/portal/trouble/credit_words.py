"""The codes of a credit record in plain words, and its months as a table shows them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.dates import MONTHS_3
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.credit_grid import Cell, Kind, Reading, Year

MARKS: Mapping[Kind, tuple[Promise, str]] = {
    Kind.NOTHING_DUE: (_("Nothing was due"), "plain"),
    Kind.PAID_LATE_WITHIN_MONTH: (_("Paid late, but within the month"), "soon"),
    Kind.SETTLED: (_("Paid off"), "good"),
    Kind.ENDED_OTHERWISE: (_("Ended otherwise, for example sold to another lender"), "plain"),
    Kind.PAID_BY_GUARANTOR: (_("Paid by a guarantor"), "late"),
    Kind.PAID_IN_KIND: (_("Paid with something other than money"), "late"),
    Kind.BAD_DEBT: (_("Not expected to be paid"), "late"),
    Kind.NO_STATEMENT: (_("No statement, because the statement day changed"), "plain"),
    Kind.UNKNOWN: (_("Not known"), "plain"),
    Kind.NOT_OPENED: (_("Not opened yet"), "plain"),
}
# Those that loans of ours can have; the others are left out of the legend unless a month has them.
USUAL = (Kind.NOTHING_DUE, Kind.PAID_LATE_WITHIN_MONTH, Kind.SETTLED, Kind.ENDED_OTHERWISE, Kind.BAD_DEBT)


@dataclass(frozen=True, slots=True)
class Explained:
    code: str
    words: str
    tone: str
    is_usual: bool = True


@dataclass(frozen=True, slots=True)
class ShownCell:
    """:param says: the month and what it means, for those who do not see the table."""

    code: str
    tone: str
    says: str
    is_disputed: bool


@dataclass(frozen=True, slots=True)
class ShownYear:
    year: int
    cells: tuple[ShownCell, ...]


def explained_codes(reading: Reading) -> dict[str, Explained]:
    """Return every code that a month can have, the good one first and then by gravity."""
    on_time, *late = _by_days(reading)
    marks = {}
    for name, code in reading.marks.items():
        kind = reading.kind_of(code)
        words, tone = MARKS.get(kind, MARKS[Kind.UNKNOWN])
        marks[kind] = Explained(code, str(words), tone, kind in USUAL and name == kind.value)
    mild = [marks.pop(kind) for kind in (Kind.PAID_LATE_WITHIN_MONTH, Kind.NOTHING_DUE) if kind in marks]
    return {each.code: each for each in (on_time, *mild, *late, *marks.values())}


def _by_days(reading: Reading) -> Iterator[Explained]:
    bands = reading.by_days.bands
    for band, following in zip(bands, [*bands[1:], None], strict=True):
        if band.from_days == 0:
            yield Explained(band.code, gettext("Paid on time"), "good")
        elif following:
            last = following.from_days - 1
            words = gettext("%(first)s to %(last)s days late at the end of the month")
            yield Explained(band.code, words % {"first": band.from_days, "last": last}, "late")
        else:
            words = gettext("More than %(days)s days late at the end of the month")
            yield Explained(band.code, words % {"days": band.from_days - 1}, "late")


def shown_years(years: tuple[Year, ...], codes: Mapping[str, Explained]) -> tuple[ShownYear, ...]:
    return tuple(ShownYear(year.year, tuple(_shown(cell, codes) for cell in year.cells)) for year in years)


def _shown(cell: Cell, codes: Mapping[str, Explained]) -> ShownCell:
    explained = codes.get(cell.code)
    if explained is None:
        words = gettext("not over yet") if cell.kind is Kind.OPEN else gettext("nothing noted")
        return ShownCell("", "open" if cell.kind is Kind.OPEN else "none", words, is_disputed=False)
    says = explained.words
    if cell.is_disputed:
        says = gettext("%(what)s; you object, and we look into it") % {"what": says}
    return ShownCell(cell.code, explained.tone, says, cell.is_disputed)


def month_name(month: date) -> str:
    """Write a month: "2026年6月", "June 2026"."""
    return date_format(month, "Y年n月" if (get_language() or "").startswith("zh") else "F Y")


def months_in_words(cells: Iterable[Cell]) -> str:
    """Return the months with their codes in one line, such as "June 2026 (1), July 2026 (2)"."""
    if (get_language() or "").startswith("zh"):
        return "、".join(f"{month_name(cell.month)}（{cell.code}）" for cell in cells)
    return ", ".join(f"{month_name(cell.month)} ({cell.code})" for cell in cells)


def months_short() -> list[tuple[str, str]]:
    """Return the heads of the twelve columns: what is written, and the name that is read out."""
    is_chinese = (get_language() or "").startswith("zh")
    return [
        (str(number), f"{number}月" if is_chinese else str(MONTHS_3[number]).capitalize()) for number in range(1, 13)
    ]

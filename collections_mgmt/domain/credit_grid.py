"""The months of a credit record as a person reads them: a row a year, and what of it speaks against them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dashu.finance.arrears import Scale
from dashu.kernel.dates import add_months

MONTHS = 60


class Kind(StrEnum):
    """
    What a month says. The values of marks are their names in the rule `credit_record.codes`.

    NONE: nothing is noted, and nothing will be. OPEN: the month is not over yet.
    """

    ON_TIME = "ON_TIME"
    LATE = "LATE"
    NOTHING_DUE = "NOTHING_DUE"
    PAID_LATE_WITHIN_MONTH = "PAID_LATE_WITHIN_MONTH"
    SETTLED = "SETTLED"
    ENDED_OTHERWISE = "ENDED_OTHERWISE"
    PAID_BY_GUARANTOR = "PAID_BY_GUARANTOR"
    PAID_IN_KIND = "PAID_IN_KIND"
    BAD_DEBT = "BAD_DEBT"
    NO_STATEMENT = "NO_STATEMENT"
    UNKNOWN = "UNKNOWN"
    NOT_OPENED = "NOT_OPENED"
    NONE = "NONE"
    OPEN = "OPEN"


@dataclass(frozen=True, slots=True)
class Cell:
    """:param code: empty where nothing is noted. :param is_disputed: the borrower objects, and we look into it."""

    month: date
    code: str
    kind: Kind
    is_adverse: bool = False
    is_disputed: bool = False


@dataclass(frozen=True, slots=True)
class Year:
    year: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How codes are read. :param adverse: names of marks that speak against a person, beside all late days."""

    by_days: Scale
    marks: Mapping[str, str]
    adverse: Collection[str]

    def kind_of(self, code: str) -> Kind:
        late_free, *late = [band.code for band in self.by_days.bands]
        if code == late_free:
            return Kind.ON_TIME
        if code in late:
            return Kind.LATE
        name = next((name for name, mark in self.marks.items() if mark == code), "UNKNOWN")
        return Kind(name) if name in Kind.__members__ else Kind.UNKNOWN

    def is_adverse(self, kind: Kind) -> bool:
        return kind is Kind.LATE or kind.value in self.adverse


def grid_of(
    noted: Mapping[date, str], reading: Reading, *, begins_on: date, today: date, disputed: Iterable[date | None] = ()
) -> tuple[Year, ...]:
    """
    Return the last 60 months and the present one in rows of twelve, the newest year first.

    :param noted: the code of each month, by its first day.
    :param begins_on: the loan's first day; nothing is noted before.
    :param disputed: first days of months, or None for all that are noted.
    """
    this_month = today.replace(day=1)
    first = max(begins_on.replace(day=1), add_months(this_month, -MONTHS))
    objected = set(disputed)
    years = []
    for year in range(this_month.year, min(first, this_month).year - 1, -1):
        months = (date(year, number, 1) for number in range(1, 13))
        years.append(Year(year, tuple(_cell(month, noted, reading, first, this_month, objected) for month in months)))
    return tuple(years)


def _cell(
    month: date,
    noted: Mapping[date, str],
    reading: Reading,
    first: date,
    this_month: date,
    objected: Collection[date | None],
) -> Cell:
    code = noted.get(month) if month >= first else None
    if code is None:
        return Cell(month, "", Kind.OPEN if month == this_month else Kind.NONE)
    kind = reading.kind_of(code)
    return Cell(month, code, kind, reading.is_adverse(kind), month in objected or None in objected)

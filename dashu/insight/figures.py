"""The tables of a report: typed columns, so that a page, a workbook and a file for programs say the same to the fen."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashu.web.charts import Chart

Words = str | Promise
Row = Sequence[Any]

_TEN_THOUSANDTH = Decimal("0.0001")


class Kind(StrEnum):
    """What the values of a column are; None is unknown in each of them and never zero."""

    MONEY = "money"  # minor units of the table's currency
    COUNT = "count"  # a whole number
    SHARE = "share"  # a Decimal, 0.25 for 25%
    NUMBER = "number"  # a Decimal that is no share
    MONTH = "month"  # the first day of a month
    DAY = "day"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """
    :param code: its name for programs, lower_snake_case; an amount is called `<code>_minor` there.
    :param labels: gives the words for a text that is a code; programs get the code.
    """

    code: str
    title: Words
    kind: Kind = Kind.TEXT
    labels: Callable[[str], Any] | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """
    One table of a report.

    :param code: its name within the report, lower-case with hyphens.
    :param rows: a value for each column; read once where it is a generator.
    :param notes: what a reader must know: definitions, small numbers, months that are missing.
    :param empty: what stands there instead of no rows.
    :param links: for each row the address of what it is made of, "" where there is none; may be left out.
    """

    code: str
    title: Words
    columns: Sequence[Column]
    rows: Iterable[Row]
    currency: str
    chart: Chart | None = None
    notes: Sequence[Words] = ()
    empty: Words = _("There is nothing to show for what was chosen.")
    links: Sequence[str] = ()


def share(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """Return part ÷ whole as a fraction of four decimals, half up; None where there is nothing to divide by."""
    return (Decimal(part) / Decimal(whole)).quantize(_TEN_THOUSANDTH, ROUND_HALF_UP) if whole else None


def of_chart(value: Decimal | None) -> int | None:
    """Return a share as hundredths of a percent, as a chart with two digits takes it."""
    return None if value is None else int((value * 10_000).quantize(Decimal(1), ROUND_HALF_UP))

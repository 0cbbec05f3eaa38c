"""
A chart as a page shows it: one sentence that says what it says, the picture, and the same numbers as a table.

The picture is drawn by Apache ECharts in `static/js/charts.js`, where there are scripts; the table is always there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

from dashu.kernel.money import fraction_digits

Words = str | Promise


class Tone(StrEnum):
    """What a series is about; `static/css/tokens.css` gives each a color that holds in both schemes."""

    PRINCIPAL = "principal"
    INTEREST = "interest"
    FEE = "fee"
    LEFT = "left"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Series:
    """:param values: minor units of the chart's currency, or plain numbers where it has none; None leaves a gap."""

    name: Words
    values: Sequence[int | None]
    tone: Tone
    is_line: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """
    :param key: names the chart within its page.
    :param summary: what a reader should take from it, in one sentence.
    :param labels_name: what the labels are, the head of the table's first column.
    :param stacks: whether the bars of one label stand on each other.
    :param has_own_scale: whether lines are read on the right side, where they would dwarf the bars.
    :param digits: without a currency, how many of each value's digits are decimals: 2 for hundredths.
    :param unit: without a currency, what stands behind each value, such as "%".
    """

    key: str
    title: Words
    summary: Words
    labels_name: Words
    labels: Sequence[str]
    series: Sequence[Series]
    currency: str | None = "CNY"
    stacks: bool = True
    has_own_scale: bool = False
    digits: int = 0
    unit: str = ""

    @property
    def element(self) -> str:
        return f"chart-{self.key}"

    @property
    def rows(self) -> list[tuple[str, list[int | Decimal | None]]]:
        """The table: a label with its value in each series."""
        return [
            (label, [self._told(each.values[place]) for each in self.series]) for place, label in enumerate(self.labels)
        ]

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws from. Amounts stay whole minor units; it divides for the eye only."""
        return {
            "labels": list(self.labels),
            "digits": fraction_digits(self.currency) if self.currency else self.digits,
            "unit": self.unit,
            "stacks": self.stacks,
            "ownScale": self.has_own_scale,
            "series": [
                {"name": str(each.name), "values": list(each.values), "tone": each.tone.value, "line": each.is_line}
                for each in self.series
            ],
        }

    def _told(self, value: int | None) -> int | Decimal | None:
        """Return minor units as they are, and a plain number with its decimals."""
        if value is None or self.currency or not self.digits:
            return value
        return Decimal(value).scaleb(-self.digits)

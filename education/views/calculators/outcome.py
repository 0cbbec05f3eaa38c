"""What a calculator came to, as its page shows it: plain words and amounts, decided before the template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.safestring import SafeString

from dashu.web.templatetags.dashu import money
from education.domain.charts import Chart, ChartWords, draw

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Fact:
    label: Text
    value: str
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """:param columns: the first is of words, the others are of numbers."""

    title: Text
    columns: Sequence[Text]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    :param label, value: the one figure to look at first.
    :param meaning: what it means, in one sentence or two; it is read out when the figures change.
    """

    label: Text
    value: str
    meaning: str
    facts: Sequence[Fact] = ()
    chart: SafeString = field(default=SafeString(""))
    chart_title: str = ""
    table: Table | None = None


def drawn(chart: Chart, title: str, desc: str, labels: Mapping[str, str], *, axis: str = "") -> SafeString:
    """Draw a chart of our own figures; every word in it is escaped by `draw`."""
    return SafeString(draw(chart, ChartWords(title, desc, labels, axis), "calculator-chart"))


def yuan(minor: int) -> str:
    return money(minor)

"""
Small charts of a lesson as inline SVG: bars and lines drawn from the very figures that the text names.

Colors are the variables of the theme, text is `currentColor`; there is no script and no style attribute, which the
site's policy would refuse. A chart says in its title and description what it shows, so nobody needs to see it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

Tone = Literal["principal", "interest", "fee", "left", "other"]

_WIDTH = 400  # as wide as a phone shows it, so that its text is as large as the text around
_BAR, _ROW = 22, 60  # a bar, and its row with the label above
_LEFT, _RIGHT, _TOP, _HEIGHT = 96, 12, 16, 200  # of the plot of lines
_TEXT = 15
_DASHES: Mapping[int, str] = {0: "", 1: ' stroke-dasharray="8 5"', 2: ' stroke-dasharray="2 4"'}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its length as a whole number of any unit, and the same as it is written."""

    code: str
    value: int
    written: str
    tone: Tone = "principal"


@dataclass(frozen=True, slots=True)
class Line:
    """A series of whole numbers, the first at the left edge."""

    code: str
    values: tuple[int, ...]
    tone: Tone = "principal"


@dataclass(frozen=True, slots=True)
class Bars:
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """
    :param marks: what is written at the side, by value: the lowest, the highest or zero.
    :param below: what is written under the left and the right edge.
    """

    lines: tuple[Line, ...]
    marks: Mapping[int, str]
    below: tuple[str, str]


Chart = Bars | Lines


@dataclass(frozen=True, slots=True)
class ChartWords:
    """What a chart says in one language; `labels` are by the codes of its bars or lines, `axis` is under the lines."""

    title: str
    desc: str
    labels: Mapping[str, str]
    axis: str = ""


def draw(chart: Chart, words: ChartWords, name: str) -> str:
    """
    Return the chart as one `svg` element.

    :param name: unique on the page, part of the ids.
    """
    body, height = _bars(chart, words) if isinstance(chart, Bars) else _lines(chart, words)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" width="100%" role="img" focusable="false"'
        f' aria-labelledby="{name}-title {name}-desc" font-size="{_TEXT}" fill="currentColor">'
        f'<title id="{name}-title">{escape(words.title)}</title><desc id="{name}-desc">{escape(words.desc)}</desc>'
        f"{''.join(body)}</svg>"
    )


def _bars(chart: Bars, words: ChartWords) -> tuple[list[str], int]:
    longest = max(bar.value for bar in chart.bars)
    assert longest > 0, "a chart of nothing"
    assert all(bar.value >= 0 for bar in chart.bars), "a bar has a length"
    body = []
    for index, bar in enumerate(chart.bars):
        y = index * _ROW
        width = max(2, round(_WIDTH * bar.value / longest))
        body += [
            f'<text x="0" y="{y + 20}">{escape(words.labels[bar.code])}</text>',
            f'<text x="{_WIDTH}" y="{y + 20}" text-anchor="end" font-weight="600">{escape(bar.written)}</text>',
            f'<rect x="0" y="{y + 28}" width="{width}" height="{_BAR}" rx="4" fill="{_color(bar.tone)}"/>',
        ]
    return body, len(chart.bars) * _ROW


def _lines(chart: Lines, words: ChartWords) -> tuple[list[str], int]:
    values = [value for line in chart.lines for value in line.values] + [0]
    low, high = min(values), max(values)
    most = max(len(line.values) for line in chart.lines) - 1
    assert high > low, "a line of nothing"
    assert most > 0, "a line has two points"

    def y_of(value: int) -> int:
        return _TOP + round(_HEIGHT * (high - value) / (high - low))

    def points(line: Line) -> str:
        step = (_WIDTH - _LEFT - _RIGHT) / most
        return " ".join(f"{_LEFT + round(index * step)},{y_of(value)}" for index, value in enumerate(line.values))

    body = [
        f'<path d="M{_LEFT} {y_of(value)}H{_WIDTH - _RIGHT}" stroke="var(--line-strong, currentColor)"/>'
        f'<text x="{_LEFT - 8}" y="{y_of(value) + 5}" text-anchor="end">{escape(written)}</text>'
        for value, written in chart.marks.items()
    ]
    for index, line in enumerate(chart.lines):
        pen = f'stroke="{_color(line.tone)}" stroke-width="3"{_DASHES[index]}'
        body.append(f'<polyline points="{points(line)}" fill="none" {pen}/>')
    body += _below(chart.below, words.axis, _TOP + _HEIGHT + 24)
    body += _legend(chart.lines, words, _TOP + _HEIGHT + 52)
    return body, _TOP + _HEIGHT + 40 + 26 * len(chart.lines)


def _below(below: tuple[str, str], axis: str, y: int) -> list[str]:
    left, right = below
    return [
        f'<text x="{_LEFT}" y="{y}">{escape(left)}</text>',
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) // 2}" y="{y}" text-anchor="middle">{escape(axis)}</text>',
        f'<text x="{_WIDTH - _RIGHT}" y="{y}" text-anchor="end">{escape(right)}</text>',
    ]


def _legend(lines: Sequence[Line], words: ChartWords, top: int) -> list[str]:
    return [
        f'<path d="M{_LEFT} {top + 26 * index - 5}h40" stroke="{_color(line.tone)}" stroke-width="3"{_DASHES[index]}/>'
        f'<text x="{_LEFT + 52}" y="{top + 26 * index}">{escape(words.labels[line.code])}</text>'
        for index, line in enumerate(lines)
    ]


def _color(tone: Tone) -> str:
    return f"var(--chart-{tone}, currentColor)"

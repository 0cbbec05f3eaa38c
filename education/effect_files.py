"""The effect as files: the same numbers, each in a cell of its own, and sums only."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashu.web.workbooks import COUNT, DAY, SHARE, Cell, Sheet, write_workbook
from education.domain.effect import Found
from education.models import LearningMoment
from education.selectors.effect import STOOD, Effect

COLUMNS = (
    "experiment", "moment", "first_on", "window_days", "holdout_bps",
    *(f"{part}_{figure}" for part in ("pointed", "held_out") for figure in ("people", "in_time", "opened", "without")),
    *(f"effect{end}" for end in ("", "_low", "_high")), *(f"effect_of_reading{end}" for end in ("", "_low", "_high")),
    "detectable", "verdict", "window_open", "pointed_drawn", "held_out_drawn", *(f"apart_{name}" for name in STOOD),
)  # fmt: skip


HOWS = {
    "effect": gettext_lazy(
        "Share in time of those pointed to the lesson less that of the others; Newcombe's interval, 95%."
    ),
    "effect_of_reading": gettext_lazy(
        "Effect ÷ by how much more of them read; Wald's estimator, interval by the delta method."
    ),
    "detectable": gettext_lazy("The smallest effect that so many people would show four times of five."),
    "apart_…": gettext_lazy("Difference of the parts on the day of the draw, in standard deviations."),
}


def csv_of(found: Sequence[Effect]) -> str:
    """Return the effects as CSV with codes as heads, for programs; shares and points are plain fractions."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for effect in found:
        writer.writerow(["" if value is None else value for value, _written in _cells(effect)])
    return text.getvalue()


def write_effects(file: BinaryIO, found: Sequence[Effect]) -> None:
    write_workbook(
        file,
        [
            Sheet(_("Effect of lessons"), COLUMNS, (_named(effect) for effect in found)),
            Sheet(
                _("How it is computed"),
                [_("figure"), _("formula")],
                [[(name, ""), (str(how), "")] for name, how in HOWS.items()],
            ),
        ],
    )


def _named(effect: Effect) -> list[Cell]:
    cells = list(_cells(effect))
    cells[1] = (str(LearningMoment.Moment(effect.moment).label), "")
    return [("" if value is None else value, "" if value is None else written) for value, written in cells]


def _cells(effect: Effect) -> Iterator[tuple[Any, str]]:
    found, balance = effect.found, effect.balance
    yield from ((effect.experiment, ""), (effect.moment, ""), (effect.first_on, DAY))
    yield from ((effect.rules.window_days, COUNT), (effect.rules.holdout.share_bps, COUNT))
    for part in (found.encouraged, found.held_out):
        yield from ((number, COUNT) for number in (part.total, part.in_time, part.opened, part.without))
    yield from ((value, SHARE) for value in _differences(found))
    yield from ((found.detectable, SHARE), (found.verdict.value, ""), (effect.waiting, COUNT))
    yield from ((number, COUNT) for number in balance.drawn)
    yield from ((balance.apart[name], "0.000") for name in STOOD)


def _differences(found: Found) -> Iterator[float | None]:
    for each in (found.effect, found.of_reading):
        yield from (each.value, each.low, each.high) if each else (None, None, None)

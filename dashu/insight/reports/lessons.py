"""What pointing people to a lesson does for payment in time: the figures of the page of lessons."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.selectors.overview import latest_closed
from dashu.insight.figures import Column, Figures, Kind
from dashu.insight.judged import RANGE_NOTE, decimal_of, gap_cells, gap_columns, share_cells, share_columns
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.kernel.dates import LENDER_ZONE, month_end_of
from education.effect_words import said, said_of_draw
from education.models import LearningMoment
from education.selectors.effect import Effect, effects


def read(scope: Scope) -> list[Figures]:
    on = latest_closed(month_end_of(scope.last))
    found = effects(today=on + timedelta(days=1), zone=LENDER_ZONE.key) if on else []
    return [_effects(scope, found), _draws(scope, found)]


def _effects(scope: Scope, found: Sequence[Effect]) -> Figures:
    return Figures(
        code="effect",
        title=_("Paid in time by people pointed to a lesson, and by those held out"),
        columns=[
            Column("experiment", gettext_lazy("experiment")),
            Column("moment", gettext_lazy("moment"), labels=_moment),
            *share_columns("pointed", gettext_lazy("pointed to it"), gettext_lazy("in time, pointed"), _POINTED),
            *share_columns("held_out", gettext_lazy("held out"), gettext_lazy("in time, held out"), _HELD_OUT),
            *gap_columns("effect", gettext_lazy("difference")),
            *gap_columns("reading", gettext_lazy("of reading it")),
            Column("detectable", gettext_lazy("smallest that would be seen"), Kind.SHARE),
            Column("opened", gettext_lazy("opened, pointed"), Kind.COUNT),
            Column("opened_held_out", gettext_lazy("opened, held out"), Kind.COUNT),
            Column("waiting", gettext_lazy("window open"), Kind.COUNT),
            Column("says", gettext_lazy("what can be said")),
        ],
        rows=[_effect_cells(effect) for effect in found],
        currency=scope.currency,
        notes=[RANGE_NOTE, _WHOLE],
        empty=_("No experiment has begun. The rule education.encouragement begins one."),
    )


_POINTED, _HELD_OUT = gettext_lazy("people pointed to it"), gettext_lazy("people held out")
_WHOLE = gettext_lazy("Experiments are shown whole, up to the end of the last month; who learned what is never shown.")


def _effect_cells(effect: Effect) -> list[Any]:
    found = effect.found
    return [
        effect.experiment,
        effect.moment,
        *share_cells(found.encouraged.outcome),
        *share_cells(found.held_out.outcome),
        *gap_cells(found.effect),
        *gap_cells(found.of_reading),
        decimal_of(found.detectable),
        found.encouraged.opened,
        found.held_out.opened,
        effect.waiting,
        said(effect),
    ]


def _draws(scope: Scope, found: Sequence[Effect]) -> Figures:
    return Figures(
        code="draw",
        title=_("Were the parts alike when they were drawn?"),
        columns=[
            Column("experiment", gettext_lazy("experiment")),
            Column("moment", gettext_lazy("moment"), labels=_moment),
            Column("pointed", gettext_lazy("pointed to it"), Kind.COUNT),
            Column("held_out", gettext_lazy("held out"), Kind.COUNT),
            Column("says", gettext_lazy("what can be said")),
        ],
        rows=[[each.experiment, each.moment, *each.balance.drawn, said_of_draw(each.balance)] for each in found],
        currency=scope.currency,
        empty=_("Nobody was drawn yet."),
    )


def _moment(code: str) -> Any:
    return dict(LearningMoment.Moment.choices).get(code, code)


REPORT = Report(
    code="lessons",
    group=Group.HELP,
    title=gettext_lazy("Effect of lessons"),
    says=gettext_lazy(
        "Whether people who were pointed to a lesson paid in time more often than those who were held out by the draw."
        " Reading a lesson never decides on anything."
    ),
    source=gettext_lazy(
        "From the experiments of the lessons, in sums only. The page of the effect of lessons shows the same as of"
        " today."
    ),
    read=read,
    dimensions=(),
    needs="education.view_learningmoment",
    is_of_loans=False,
    is_of_snapshot=False,
    definitions=[
        Definition(
            gettext_lazy("Of reading it"),
            gettext_lazy("The effect on those who read it because they were pointed to it (Wald's estimator)."),
        ),
        Definition(
            gettext_lazy("Smallest that would be seen"),
            gettext_lazy("The smallest effect that so many people would show four times of five."),
        ),
    ],
)

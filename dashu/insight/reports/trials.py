"""What strategies in trial did, by people who were drawn: the figures of the page of a version's results."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.trials import BETTER, Goal, Trial
from collections_mgmt.models import StrategyVersion
from collections_mgmt.selectors.overview import latest_closed
from collections_mgmt.selectors.strategy_results import trial_of
from collections_mgmt.strategy_pages import verdict
from collections_mgmt.strategy_words import GOALS
from dashu.insight.figures import Column, Figures, Kind
from dashu.insight.judged import RANGE_NOTE, gap_cells, gap_columns, share_cells, share_columns
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.kernel.dates import midnight, month_end_of
from dashu.policy.rules import strategy_rules

MOST = 10  # trials that are shown, the newest first; each takes a query


def read(scope: Scope) -> list[Figures]:
    on = latest_closed(month_end_of(scope.last))
    versions = _versions(scope, on) if on else []
    rule = strategy_rules(on) if on else None
    trials = [(each, trial_of(each.pk, on=on, rule=rule.trial)) for each in versions] if on and rule else []
    return [_goals(scope, trials), _beside(scope, trials)]


def _versions(scope: Scope, on: date) -> Sequence[StrategyVersion]:
    seen = StrategyVersion.objects.all() if scope.person is None else StrategyVersion.objects.visible_to(scope.person)
    begun = seen.filter(role=StrategyVersion.Role.CHALLENGER, published_at__lt=midnight(on + timedelta(days=1)))
    return list(begun.select_related("strategy").order_by("-published_at", "-pk")[:MOST])


def _goals(scope: Scope, trials: Sequence[tuple[StrategyVersion, Trial]]) -> Figures:
    lines = [(version, trial, goal) for version, trial in trials for goal in GOALS]
    return Figures(
        code="trials",
        title=_("Challenger and champion, by people who were drawn"),
        columns=[
            Column("version", gettext_lazy("version")),
            Column("goal", gettext_lazy("of the people drawn"), labels=lambda code: GOALS[Goal(code)]),
            *share_columns(
                "challenger",
                gettext_lazy("people of the challenger"),
                gettext_lazy("of them, challenger"),
                gettext_lazy("counted, challenger"),
            ),
            *share_columns(
                "champion",
                gettext_lazy("people of the champion"),
                gettext_lazy("of them, champion"),
                gettext_lazy("counted, champion"),
            ),
            *gap_columns("difference", gettext_lazy("difference")),
            Column("says", gettext_lazy("what it says")),
        ],
        rows=[[str(version), goal.value, *_goal_cells(trial, goal)] for version, trial, goal in lines],
        currency=scope.currency,
        notes=[
            RANGE_NOTE,
            _(
                "Each person counts for the side in which they were drawn, whatever was then done, until the window is"
                " over."
            ),
        ],
        empty=_("No challenger was in use up to the end of the last month."),
        links=[_address(version) for version, _trial, _goal in lines],
    )


def _goal_cells(trial: Trial, goal: Goal) -> list[Any]:
    gap = trial.compared(goal)
    sides = (trial.challenger.share(goal), trial.champion.share(goal))
    return [*[cell for side in sides for cell in share_cells(side)], *gap_cells(gap), verdict(goal, gap)]


def _beside(scope: Scope, trials: Sequence[tuple[StrategyVersion, Trial]]) -> Figures:
    """Return what is shown beside and concludes nothing, because amounts and contacts are not compared."""
    lines = [
        (version, role, arm)
        for version, trial in trials
        for role, arm in (
            (StrategyVersion.Role.CHALLENGER, trial.challenger),
            (StrategyVersion.Role.CHAMPION, trial.champion),
        )
    ]
    return Figures(
        code="beside",
        title=_("Shown beside, not compared"),
        columns=[
            Column("version", gettext_lazy("version")),
            Column("side", gettext_lazy("role"), labels=lambda code: StrategyVersion.Role(code).label),
            Column("people", gettext_lazy("people"), Kind.COUNT),
            Column("through", gettext_lazy("whose window is over"), Kind.COUNT),
            Column("overdue", gettext_lazy("overdue when drawn"), Kind.MONEY),
            Column("paid", gettext_lazy("paid within the window"), Kind.MONEY),
            Column("contacts", gettext_lazy("contacts"), Kind.COUNT),
            Column("complaints", gettext_lazy("complaints"), Kind.COUNT),
            Column("blocked", gettext_lazy("messages that the guard refused"), Kind.COUNT),
        ],
        rows=[
            [
                str(version),
                role.value,
                arm.people,
                arm.through,
                arm.overdue_minor,
                arm.paid_minor,
                arm.contacts,
                arm.complaints,
                arm.blocked,
            ]
            for version, role, arm in lines
        ],
        currency=scope.currency,
        empty=_("No challenger was in use up to the end of the last month."),
        links=[_address(version) for version, _role, _arm in lines],
    )


def _address(version: StrategyVersion) -> str:
    return reverse("admin:collections_mgmt_strategyversion_results", args=[version.pk])


assert set(BETTER) < set(GOALS), "what is compared has words"

REPORT = Report(
    code="trials",
    group=Group.WORK,
    title=gettext_lazy("Trials of strategies"),
    says=gettext_lazy(
        "Whether people who were drawn for another strategy fared better than those beside them. What differs by a draw"
        " comes from what was done for them."
    ),
    source=gettext_lazy(
        "From the draws of the strategies, payments, promises and complaints, whole, up to the end of the last month."
        " The newest trials are shown."
    ),
    read=read,
    dimensions=(),
    needs="collections_mgmt.view_strategyversion",
    is_of_loans=False,
    is_of_snapshot=False,
    definitions=[
        Definition(
            gettext_lazy("Difference"),
            gettext_lazy("Share of the challenger's people less that of the champion's; none while there are too few."),
        ),
    ],
)

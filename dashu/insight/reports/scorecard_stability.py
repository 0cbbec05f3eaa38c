"""Whether those who are scored are still like those a scorecard was trained on: the last watch of each month."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashu.insight.figures import Column, Figures, Kind
from dashu.insight.judged import decimal_of
from dashu.insight.report import Definition, Group, Option, Report
from dashu.insight.scope import Scope
from dashu.kernel.dates import month_end_of
from dashu.web.charts import Chart, Series, Tone
from loans.desk.watch_pages import STABILITIES, drift_label
from loans.domain.drift import SCORE
from loans.models import ScorecardWatch
from loans.scoring.serving import behavior_releases, current_releases


def card_choices() -> list[tuple[str, str]]:
    return [(name, name) for name in (*current_releases().names, behavior_releases().champion)]


def read(scope: Scope) -> list[Figures]:
    watches = _last_of_each_month(scope)
    return [_by_month(scope, watches), _by_input(scope, watches[-1] if watches else None)]


def _last_of_each_month(scope: Scope) -> list[ScorecardWatch]:
    """Return the watches of the scorecard that is asked for, the oldest first."""
    nights = ScorecardWatch.objects.filter(
        scorecard=scope.option("card") or current_releases().champion,
        night__range=(scope.first, month_end_of(scope.last)),
    )
    latest = nights.order_by("night__year", "night__month", "-night").distinct("night__year", "night__month")
    return list(latest)


def _by_month(scope: Scope, watches: Sequence[ScorecardWatch]) -> Figures:
    return Figures(
        code="by-month",
        title=_("Month by month, at the last night that was watched"),
        columns=[
            Column("night", gettext_lazy("night"), Kind.DAY),
            Column("scored", gettext_lazy("scored"), Kind.COUNT),
            Column("psi_score", gettext_lazy("index of the points"), Kind.NUMBER),
            Column("input", gettext_lazy("fact that moved most")),
            Column("psi_input", gettext_lazy("its index"), Kind.NUMBER),
            Column("state", gettext_lazy("state"), labels=_state),
        ],
        rows=[_cells(watch) for watch in reversed(watches)],
        currency=scope.currency,
        chart=_chart(watches),
        empty=_("No night was watched in these months."),
        links=[reverse("admin:loans_scorecardwatch_change", args=[watch.pk]) for watch in reversed(watches)],
    )


def _cells(watch: ScorecardWatch) -> list[Any]:
    score, most = _of_score(watch), _most_moved(watch)
    worst = max((each for each in (score, most) if each), key=lambda each: each["index"], default=None)
    return [
        watch.night,
        watch.applications,
        _index(score),
        drift_label(watch, most["name"]) if most else None,
        _index(most),
        worst["stability"] if worst else "few",
    ]


def _by_input(scope: Scope, watch: ScorecardWatch | None) -> Figures:
    drift = sorted(watch.drift, key=lambda each: (each["name"] != SCORE, -each["index"])) if watch else []
    return Figures(
        code="by-input",
        title=_("Points and each fact, at the latest night"),
        columns=[
            Column("input", gettext_lazy("what")),
            Column("psi", gettext_lazy("index"), Kind.NUMBER),
            Column("state", gettext_lazy("state"), labels=_state),
            Column("trained", gettext_lazy("in training"), Kind.COUNT),
            Column("found", gettext_lazy("in the window"), Kind.COUNT),
        ],
        rows=[
            [drift_label(watch, e["name"]), _index(e), e["stability"], sum(e["expected"]), sum(e["found"])]
            for e in drift
        ]
        if watch
        else [],
        currency=scope.currency,
        empty=_("Too few applications to say anything."),
    )


def _state(code: str) -> Any:
    return STABILITIES[code][0] if code in STABILITIES else _("Too few applications")


def _index(found: dict[str, Any] | None) -> Decimal | None:
    return decimal_of(found["index"]) if found else None


def _of_score(watch: ScorecardWatch) -> dict[str, Any] | None:
    return next((each for each in watch.drift if each["name"] == SCORE), None)


def _most_moved(watch: ScorecardWatch) -> dict[str, Any] | None:
    facts = [each for each in watch.drift if each["name"] != SCORE]
    return max(facts, key=lambda each: each["index"], default=None)


def _chart(watches: Sequence[ScorecardWatch]) -> Chart | None:
    known = [watch for watch in watches if watch.drift]
    if not known:
        return None
    score = _index(_of_score(known[-1]))
    return Chart(
        key="psi",
        title=_("Population stability index"),
        summary=_("The index of the points was %(index)s at the latest night; above 0.25 somebody must act.")
        % {"index": f"{score or 0:.2f}"},
        labels_name=_("night"),
        labels=[f"{watch.night:%Y-%m-%d}" for watch in known],
        series=[
            Series(_("points"), [_hundredths(_of_score(watch)) for watch in known], Tone.PRINCIPAL, is_line=True),
            Series(_("fact that moved most"), [_hundredths(_most_moved(watch)) for watch in known], Tone.OTHER, True),
        ],
        currency=None,
        digits=2,
    )


def _hundredths(found: dict[str, Any] | None) -> int | None:
    return round(found["index"] * 100) if found else None


REPORT = Report(
    code="scorecard-stability",
    group=Group.MODELS,
    title=gettext_lazy("Stability of the scorecards"),
    says=gettext_lazy(
        "Whether those who apply now are still like those a scorecard was trained on. Where they are not, its points"
        " say less."
    ),
    source=gettext_lazy(
        "From the watch that each night keeps over the scorecards in use: the points, and each fact that they read,"
        " against the sample of the training."
    ),
    read=read,
    dimensions=(),
    options=[Option("card", gettext_lazy("scorecard"), card_choices)],
    is_of_loans=False,
    is_of_snapshot=False,
    definitions=[
        Definition(
            gettext_lazy("Index"),
            gettext_lazy(
                "The population stability index: the sum of (share now − share in training) × ln(share now ÷ share in"
                " training) over the bands. Below 0.10 stable, up to 0.25 to be watched, above it somebody must act."
            ),
        ),
    ],
)

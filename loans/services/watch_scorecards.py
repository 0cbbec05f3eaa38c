"""Watch the scorecards in use: once for each night, from what the decisions of a window keep."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from dashu.alerts.services import end_alert, raise_alert
from dashu.policy import rules as policy
from dashu.policy.credit_monitoring import MonitoringRules
from loans.domain.behavior import History, fields_of_history
from loans.domain.champions import compare
from loans.domain.drift import Drift, drift_of
from loans.domain.fairness import GroupOutcome, fairness_of
from loans.domain.stability import Stability
from loans.models import ScorecardWatch
from loans.scoring.serving import Releases, behavior_releases, current_releases, expected, scorecard
from loans.selectors.watched import Watched, decided_between, scored_between

DRIFTS, FARES_WORSE = "credit.scorecard_drifts", "credit.group_fares_worse"
BEHAVIOR_DRIFTS = "credit.behavior_drifts"


@transaction.atomic
def watch_scorecards(*, night: date, releases: Releases | None = None) -> list[ScorecardWatch]:
    """
    Keep what the window up to a night shows of each scorecard in use, and raise or end the alerts that follow.

    A night that was watched is left as it is; the rows that are new are returned.

    :param night: the last day of the window.
    :param releases: those of `releases.yaml` if not given.
    """
    releases = releases or current_releases()
    done = set(ScorecardWatch.objects.filter(night=night).values_list("scorecard", flat=True))
    left = [name for name in releases.names if name not in done]
    if not left:
        return []
    rules = policy.credit_monitoring(night)
    first = night - timedelta(days=rules.window_days - 1)
    window = list(scored_between(first, night))
    new = []
    for name in left:
        watch, is_new = ScorecardWatch.objects.get_or_create(
            scorecard=name, night=night, defaults=_found(name, window, releases, rules, first=first, night=night)
        )
        if is_new:  # else another worker was quicker, and has raised what there was to raise
            new.append(watch)
            _tell(watch, rules)
    return new


@transaction.atomic
def watch_behavior(*, night: date, histories: Mapping[tuple[int, ...], int]) -> ScorecardWatch | None:
    """
    Keep what the months of running loans show of the champion of behavior, and raise or end the alert that follows.

    The challenger is not watched: it reads what no loan of this lender has. A night that was watched is left as it is.

    :param night: the last day of a month.
    :param histories: how many borrowers have which months behind, the newest first.
    :returns: None where nothing is new.
    """
    name = behavior_releases().champion
    if ScorecardWatch.objects.filter(scorecard=name, night=night).exists():
        return None
    rules = policy.credit_monitoring(night)
    known = {each: count for months, count in histories.items() if (each := History(months)).is_known}
    facts, counts = [fields_of_history(each) for each in known], list(known.values())
    watch, is_new = ScorecardWatch.objects.get_or_create(
        scorecard=name,
        night=night,
        defaults={
            "use": ScorecardWatch.Use.BEHAVIOR,
            "is_champion": True,
            "from_on": night.replace(day=1),
            "applications": sum(counts),
            "drift": [_plain_drift(each) for each in drift_of(scorecard(name), expected(name), facts, rules, counts)],
        },
    )
    if is_new:
        _tell_of_drift(watch, rules, BEHAVIOR_DRIFTS)
    return watch if is_new else None


def _found(
    name: str, window: Sequence[Watched], releases: Releases, rules: MonitoringRules, *, first: date, night: date
) -> dict[str, Any]:
    drift = drift_of(scorecard(name), expected(name), [each.facts for each in window], rules)
    fairness = fairness_of(decided_between(first, night, scorecard=name), rules)
    return {
        "is_champion": name == releases.champion,
        "from_on": first,
        "applications": len(window),
        "drift": [_plain_drift(each) for each in drift],
        "fairness": {attribute: [_plain_group(each) for each in groups] for attribute, groups in fairness.items()},
        "comparison": _compared(window, releases, on=night) if name == releases.champion else None,
    }


def _compared(window: Sequence[Watched], releases: Releases, *, on: date) -> dict[str, Any] | None:
    champion, challenger = releases.champion, releases.challenger
    if challenger is None:
        return None
    points = [
        (each.points[champion], each.points[challenger])
        for each in window
        if champion in each.points and challenger in each.points
    ]
    found = compare(points, expected(champion).edges, policy.credit_review(on).score.refers)
    kept = asdict(found)
    return {**kept, "challenger_bands": kept["challenger"], "challenger": challenger}


def _plain_drift(drift: Drift) -> dict[str, Any]:
    return {
        "name": drift.name,
        "index": round(drift.index, 4),
        "stability": drift.stability.value,
        "expected": list(drift.expected),
        "found": list(drift.found),
    }


def _plain_group(group: GroupOutcome) -> dict[str, Any]:
    return {
        "group": group.group,
        "applicants": group.applicants,
        "approval_rate": _rounded(group.approval_rate),
        "rate_interval": _interval(group.rate_interval),
        "impact_ratio": _rounded(group.impact_ratio),
        "ratio_interval": _interval(group.ratio_interval),
        "needs_a_look": group.needs_a_look,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _interval(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(bound, 4) for bound in interval]


def _tell(watch: ScorecardWatch, rules: MonitoringRules) -> None:
    """Raise an alert for what somebody must act on, and end those that are over. Too few applications end nothing."""
    _tell_of_drift(watch, rules, DRIFTS)
    for attribute, groups in watch.fairness.items():
        for group in groups:
            _tell_of_group(watch, attribute, group, rules)


def _tell_of_drift(watch: ScorecardWatch, rules: MonitoringRules, kind: str) -> None:
    worst = max(watch.drift, key=lambda each: each["index"], default=None)
    if worst and worst["stability"] == Stability.ACT:
        raise_alert(
            kind,
            subject=watch.scorecard,
            date=watch.night,
            scorecard=watch.scorecard,
            name=worst["name"],
            index=f"{worst['index']:.2f}",
            bar=f"{rules.act_above:f}",
        )
    elif worst:
        end_alert(kind, subject=watch.scorecard)


def _tell_of_group(watch: ScorecardWatch, attribute: str, group: dict[str, Any], rules: MonitoringRules) -> None:
    subject = f"{watch.scorecard}:{attribute}:{group['group']}"
    if group["needs_a_look"]:
        raise_alert(
            FARES_WORSE,
            subject=subject,
            date=watch.night,
            group=group["group"],
            attribute=attribute,
            ratio=f"{group['impact_ratio']:.2f}",
            bar=f"{rules.least_impact_ratio:f}",
        )
    elif group["impact_ratio"] is not None:
        end_alert(FARES_WORSE, subject=subject)

"""
What early warning would have been worth on a book whose later arrears are known.

Each loan is played night by night: what fired, how far behind it was, and whether a lead would have been opened by the
rules that the close uses. A lead counts as right where arrears came later. Nothing was offered to these borrowers, so
this says whom help would have reached and how early, not what it would have changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from math import sqrt
from typing import Any

from collections_mgmt.domain.early_warning import makes_a_lead
from dashu.kernel.shares import Z_95, Share
from dashu.policy.early_warning import EarlyWarning, Trigger

AVERAGE_MONTH = 365.25 / 12
DECIMALS = 4


class By(StrEnum):
    """What may open a lead."""

    RULES = "rules only"
    SCORE = "score only"
    BOTH = "rules and score"
    ANY = "any one trigger"


@dataclass(frozen=True, slots=True)
class Night:
    """
    The end of a day on which something is known of a loan.

    :param days_behind: at its end. :param fired: what fired on this day.
    """

    on: date
    days_behind: int
    fired: frozenset[Trigger] = frozenset()


@dataclass(frozen=True, slots=True)
class Past:
    """
    One loan that was watched.

    :param nights: in order, those before the arrears only.
    :param late_on: when the arrears came that a warning should have come before; None where none came.
    """

    nights: tuple[Night, ...]
    late_on: date | None


@dataclass(frozen=True, slots=True)
class Found:
    """
    :param late, fine: of the loans with and without later arrears, those that were warned of.
    :param lead_days: days from each right warning to the arrears.
    """

    late: Share
    fine: Share
    lead_days: tuple[int, ...]


def warned_on(past: Past, rules: EarlyWarning, by: By) -> date | None:
    """
    Return the first night on which a lead is opened; None where none is.

    By the score alone its one trigger is enough, which the rules in force never allow: this is for comparison.
    """
    rules = _alone(rules, by)
    counts: dict[Trigger, date] = {}
    for night in past.nights:
        for trigger in night.fired:
            if trigger in rules.triggers:
                counts[trigger] = night.on + timedelta(days=rules.triggers[trigger].valid_days)
        counts = {trigger: ends_on for trigger, ends_on in counts.items() if ends_on >= night.on}
        kinds = {trigger.value: rules.triggers[trigger].is_strong for trigger in counts}
        if night.days_behind <= rules.most_days_late and makes_a_lead(
            kinds, needed=rules.needed, strong_needed=rules.strong_needed
        ):
            return night.on
    return None


def found(pasts: Iterable[Past], rules: EarlyWarning, by: By) -> Found:
    """Count leads against what came."""
    warned = {True: 0, False: 0}
    all_of_them = {True: 0, False: 0}
    lead_days = []
    for past in pasts:
        is_late, on = past.late_on is not None, warned_on(past, rules, by)
        all_of_them[is_late] += 1
        if on is not None:
            warned[is_late] += 1
            if past.late_on is not None:
                lead_days.append((past.late_on - on).days)
    return Found(Share(warned[True], all_of_them[True]), Share(warned[False], all_of_them[False]), tuple(lead_days))


def figures(found: Found) -> dict[str, Any]:
    """
    Return the table of warned or not by later arrears, and what follows from it, each with its 95% interval.

    Precision: of the leads, how many were right. Recall: of later arrears, how many were warned of. False offers: of
    those who never got into arrears, how many would have been offered help. Lift: precision against the share of later
    arrears in the book, which is taken as known. Shares have Wilson's interval, the quartiles of the lead time that of
    the order statistics.
    """
    late, fine = found.late, found.fine
    precision = Share(late.count, late.count + fine.count)
    base = Share(late.total, late.total + fine.total)
    return {
        "table": {
            "warned": {"late": late.count, "fine": fine.count},
            "not_warned": {"late": late.total - late.count, "fine": fine.total - fine.count},
        },
        "base_rate": _share(base),
        "precision": _share(precision),
        "recall": _share(late),
        "false_offer_rate": _share(fine),
        "lift": _lift(precision, base.rate),
        "lead_months": _quartiles(sorted(found.lead_days)),
    }


def evidence(pasts: Sequence[Past], rules: EarlyWarning) -> dict[str, Any]:
    """Return the figures by what may open a lead, and those of each trigger that fired, taken alone."""
    fired = sorted({trigger for past in pasts for night in past.nights for trigger in night.fired})
    return {
        "loans": len(pasts),
        "by": {by.value: figures(found(pasts, rules, by)) for by in By},
        "of_each_trigger": {
            trigger.value: figures(found(pasts, _only(rules, {trigger}, needed=1), By.BOTH)) for trigger in fired
        },
    }


def _alone(rules: EarlyWarning, by: By) -> EarlyWarning:
    others = set(rules.triggers) - {Trigger.SCORE_DOWN}
    if by is By.RULES:
        return _only(rules, others, needed=rules.needed)
    if by is By.SCORE:
        return _only(rules, {Trigger.SCORE_DOWN}, needed=1)
    return replace(rules, needed=1) if by is By.ANY else rules


def _only(rules: EarlyWarning, triggers: set[Trigger], *, needed: int) -> EarlyWarning:
    kept: Mapping[Trigger, Any] = {trigger: rule for trigger, rule in rules.triggers.items() if trigger in triggers}
    return replace(rules, triggers=kept, needed=needed)


def _share(share: Share) -> dict[str, Any]:
    if share.rate is None:
        return {"value": None, "interval": None}
    return {"value": round(share.rate, DECIMALS), "interval": [round(bound, DECIMALS) for bound in share.interval()]}


def _lift(precision: Share, base: float | None) -> dict[str, Any]:
    if precision.rate is None or not base:
        return {"value": None, "interval": None}
    bounds = [round(bound / base, DECIMALS) for bound in precision.interval()]
    return {"value": round(precision.rate / base, DECIMALS), "interval": bounds}


def _quartiles(days: Sequence[int]) -> dict[str, Any]:
    if not days:
        return {"median": None, "interval": None, "quartiles": None}
    spread = Z_95 * sqrt(len(days)) / 2
    middle = (len(days) - 1) / 2
    return {
        "median": _months(_at(days, middle)),
        "interval": [_months(_at(days, middle - spread)), _months(_at(days, middle + spread))],
        "quartiles": [_months(_at(days, middle / 2)), _months(_at(days, middle * 3 / 2))],
    }


def _at(days: Sequence[int], place: float) -> int:
    return days[min(len(days) - 1, max(0, round(place)))]


def _months(days: int) -> float:
    return round(days / AVERAGE_MONTH, 1)

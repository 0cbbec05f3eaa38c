"""
A plan of relief by its clocks: how it stands after a night, how long its loan is observed, at what class it is held.

`collections_mgmt.services.relief_sql` says the same of all plans at once; a test compares the two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from dashu.finance.arrears import Scale
from dashu.kernel.dates import add_months
from dashu.policy.relief import PlanClocks

_DAY = timedelta(days=1)


class State(StrEnum):
    """Those of a plan that runs, and in which it ends by itself."""

    ACCEPTED = "ACCEPTED"
    ACTIVE = "ACTIVE"
    BROKEN = "BROKEN"
    CURED = "CURED"
    COMPLETED = "COMPLETED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Standing:
    """:param withdraw_until: the last day of taking it back. :param cure_until: of a plan that is broken."""

    state: State
    withdraw_until: date
    cure_until: date | None = None


@dataclass(frozen=True, slots=True)
class Night:
    """
    What the end of a day finds.

    :param days: past due, less those on which the count stood still.
    :param is_paid: something was paid since the plan was booked.
    :param is_settled, is_over: the loan ended paid, or in any way.
    """

    on: date
    days: int
    is_paid: bool = False
    is_settled: bool = False
    is_over: bool = False


def after(standing: Standing, night: Night, clocks: PlanClocks) -> Standing:
    """
    Return how a running plan stands after a night.

    A few days late break no plan, but one that is broken is cured only once nothing is late any more.
    """
    if night.is_settled:
        return replace(standing, state=State.COMPLETED)
    if night.is_over:
        return replace(standing, state=State.ENDED)
    is_late = night.days > clocks.broken_after_days
    if standing.state is State.BROKEN:
        assert standing.cure_until is not None
        if night.days <= 0:
            return replace(standing, state=State.CURED)
        return replace(standing, state=State.ENDED) if night.on >= standing.cure_until else standing
    if is_late:
        return replace(standing, state=State.BROKEN, cure_until=night.on + timedelta(days=clocks.cure_days))
    if standing.state is State.ACCEPTED and (night.is_paid or night.on >= standing.withdraw_until):
        return replace(standing, state=State.ACTIVE)
    return standing


@dataclass(frozen=True, slots=True)
class Observation:
    """:param until: the last day of it is the one before. :param forborne_until: as `until`, with the probation."""

    since: date
    until: date
    forborne_until: date


def observation(since: date, due_days: Sequence[date], clocks: PlanClocks) -> Observation:
    """
    Return how long a loan is observed from a day on: as many months, and as many payments, as the rule says.

    :param due_days: of the schedule in force, rising.
    """
    until = add_months(since, clocks.observation_months)
    coming = [day for day in due_days if day >= since][: clocks.observation_payments]
    if clocks.observation_payments and coming:
        until = max(until, coming[-1])
    return Observation(since, until, add_months(until, clocks.probation_months))


def observed_after(
    seen: Observation, *, oldest_due_on: date | None, due_days: Sequence[date], clocks: PlanClocks
) -> Observation:
    """Return the observation after a night: a miss begins it anew, on the day after the due date that was missed."""
    if oldest_due_on is None or oldest_due_on + _DAY <= seen.since:
        return seen
    return observation(oldest_due_on + _DAY, due_days, clocks)


@dataclass(frozen=True, slots=True)
class Floor:
    """
    The best class and stage that a loan can have for a while; "" where the rules hold it at none.

    :param until: the first day on which it does not hold any more; None while it still does.
    """

    since: date
    until: date | None
    tier: str
    stage: str

    def holds_on(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)


def at_worst(scale: Scale, days: int, floors: Iterable[str]) -> str:
    """Return the band of the days, or a worse one that a floor holds the loan at."""
    return worst(scale, [scale.code_for(days), *floors])


def worst(scale: Scale, codes: Iterable[str]) -> str:
    """Return the worst of these codes; what the scale does not know counts as none."""
    known = [band.code for band in scale.bands]
    return known[max((known.index(code) for code in codes if code in known), default=0)]

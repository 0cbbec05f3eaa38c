"""What must agree across the fields of a month before it is told, and with what was accepted of the month before."""

from collections.abc import Iterator
from dataclasses import dataclass

from dashu.credit_reporting.domain.composing import Coding
from dashu.credit_reporting.domain.facts import MonthFacts

ENDED = ("SETTLED", "SOLD", "WRITTEN_OFF")


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the bureau has of the month before. :param is_changing: a correction of it is on its way."""

    balance_minor: int
    grid: str
    is_changing: bool = False


def problems_across(
    facts: MonthFacts, grid: str, coding: Coding, accepted: Accepted | None = None
) -> Iterator[tuple[str, str]]:
    """Yield a field and what does not agree with it."""
    if facts.balance != facts.before + facts.raised - facts.paid_principal - facts.reduced - facts.ended:
        yield "balance", "does_not_roll_forward"
    if facts.balance < 0:
        yield "balance", "negative"
    if facts.status in ENDED and (facts.balance or facts.overdue):
        yield "balance", "ended_but_owed"
    yield from _code(facts, coding)
    if sum(facts.overdue_by_age.values()) > facts.overdue:
        yield "overdue", "less_than_its_ages"
    if not facts.days_past_due and facts.overdue and facts.status == "ACTIVE" and facts.periods_behind:
        yield "overdue", "without_days"
    if facts.latest_paid_on and facts.latest_paid_on > facts.month_end:
        yield "last_paid_on", "after_the_month"
    if facts.opened_on > facts.month_end:
        yield "opened_on", "after_the_month"
    if len(grid) != 60 or grid[-1:] != facts.code:
        yield "grid", "does_not_end_with_the_code"
    if accepted is not None and not accepted.is_changing:
        yield from _continuity(facts, grid, accepted, unknown=coding.marks["UNKNOWN"])


def _code(facts: MonthFacts, coding: Coding) -> Iterator[tuple[str, str]]:
    late_codes = {band.code for band in coding.by_days.bands if band.from_days}
    expected = coding.by_days.code_for(facts.days_past_due)
    if facts.status == "ACTIVE" and expected in late_codes and facts.code != expected:
        yield "code", "differs_from_the_days"
    if facts.status == "ACTIVE" and expected not in late_codes and facts.code in late_codes:
        yield "code", "late_without_days"
    if facts.status == "SETTLED" and facts.code != coding.marks["SETTLED"]:
        yield "code", "settled_otherwise"


def _continuity(facts: MonthFacts, grid: str, accepted: Accepted, *, unknown: str) -> Iterator[tuple[str, str]]:
    """A month that was unknown when the last file went may be told by now, and one that lapsed is unknown again."""
    if facts.before != accepted.balance_minor:
        yield "before", "differs_from_what_was_accepted"
    if any(now != then and unknown not in (now, then) for now, then in zip(grid[:-1], accepted.grid[1:], strict=True)):
        yield "grid", "differs_from_what_was_accepted"

"""
The gentlest relief of each method that fits: as little as the months need, found by trying rising amounts of it.

Each method has one measure of how far it goes: installments, months, rate points, an amount. The smallest that gives an
offer is the candidate.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from collections_mgmt.domain.relief.offers import Code, Offer, Refusal
from collections_mgmt.domain.relief.quoting import Desk
from dashu.finance.installments import Component
from dashu.finance.relief import Relief, ReliefMethod

Found = TypeVar("Found", bound=Offer)

_RATE_STEP = Decimal("0.001")
_STEPS = tuple(Decimal(step) for step in ("0.05", "0.1", "0.2", "0.3", "0.5"))
_DAYS_AFTER_PAYDAY = 3
_LATEST_DUE_DAY = 28


def gentlest(desk: Desk, method: ReliefMethod) -> Offer | Refusal:
    """Return the smallest relief of a method that gives an offer, or why none does."""
    if refusal := desk.gate(method):
        return refusal
    return _FINDERS[method](desk)


def _extension(desk: Desk) -> Offer | Refusal:
    method = ReliefMethod.TERM_EXTENSION
    if not desk.remaining and not desk.present_plan.rows:
        return Refusal(method, Code.DOES_NOT_FIT_LOAN)
    longest = desk.case.bounds.longest_count
    counts = range(desk.remaining + 1, max(longest, desk.remaining + 1) + 1)
    return least(counts, lambda count: desk.quote(Relief(method, count=count, arrears_over=spread_over(desk, count))))


def _reamortization(desk: Desk) -> Offer | Refusal:
    method = ReliefMethod.REAMORTIZATION
    if not desk.present_plan.overdue:
        return Refusal(method, Code.NO_ARREARS)
    if not desk.remaining:
        return Refusal(method, Code.DOES_NOT_FIT_LOAN)
    return desk.quote(Relief(method, count=desk.remaining, arrears_over=spread_over(desk, desk.remaining)))


def _arrears_plan(desk: Desk) -> Offer | Refusal:
    method = ReliefMethod.ARREARS_PLAN
    if not desk.present_plan.overdue:
        return Refusal(method, Code.NO_ARREARS)
    longest = min(desk.remaining, desk.case.bounds.limits.longest_months[method])
    if not longest:
        return Refusal(method, Code.DOES_NOT_FIT_LOAN)
    return least(range(1, longest + 1), lambda over: desk.quote(Relief(method, arrears_over=over)))


def _capitalization(desk: Desk) -> Offer | Refusal:
    method = ReliefMethod.CAPITALIZATION
    if desk.case.bounds.limits.capitalizes and not desk.present_plan.overdue:
        return Refusal(method, Code.NO_ARREARS)
    return desk.quote(Relief(method, count=desk.remaining or 1))


def _for_gap(desk: Desk, method: ReliefMethod, reliefs: Callable[[int], Iterable[Relief]]) -> Offer | Refusal:
    """Return the first of the reliefs for just as many installments as fall due before the income is back."""
    means = desk.case.means
    if not means.is_temporary or means.later_from is None:
        return Refusal(method, Code.NOT_TEMPORARY)
    gap = max(1, _months(row.due_on for row in desk.present_plan.to_come if means.month(row.due_on) is means.now))
    longest = desk.case.bounds.limits.longest_months[method]
    if gap > longest:
        return Refusal(method, Code.TOO_LONG_PAUSE, gap, longest)
    return _first(desk.quote(relief) for relief in reliefs(gap))


def _holiday(desk: Desk) -> Offer | Refusal:
    method = ReliefMethod.PAYMENT_HOLIDAY

    def reliefs(gap: int) -> Iterator[Relief]:
        over = _after_arrears(desk)
        yield Relief(method, months=gap, interest="parked", arrears_over=over)

    return _for_gap(desk, method, reliefs)


def _interest_only(desk: Desk) -> Offer | Refusal:
    method = ReliefMethod.INTEREST_ONLY

    def reliefs(gap: int) -> Iterator[Relief]:
        over = _after_arrears(desk)
        # The end moves by as much, so that the later payments are what they were; or it stays, and they are higher.
        yield Relief(method, count=desk.remaining + gap, months=gap, arrears_over=over)
        yield Relief(method, months=gap, arrears_over=over)

    return _for_gap(desk, method, reliefs)


def _step_up(desk: Desk) -> Offer | Refusal:
    method = ReliefMethod.STEP_UP

    def reliefs(gap: int) -> Iterator[Relief]:
        over = _after_arrears(desk)
        for step in _STEPS:
            yield Relief(method, months=gap, step=step, arrears_over=over)

    return _for_gap(desk, method, reliefs)


def _rate_cut(desk: Desk) -> Offer | Refusal:
    method, rate = ReliefMethod.RATE_CUT, desk.case.annual_rate
    deepest = min(desk.case.bounds.limits.deepest_rate_cut, rate)
    steps = range(1, int(deepest / _RATE_STEP) + 1)
    if not steps:
        return Refusal(method, Code.CUT_TOO_DEEP, deepest, deepest)
    over = _after_arrears(desk)
    return least(
        steps, lambda step: desk.quote(Relief(method, annual_rate=rate - step * _RATE_STEP, arrears_over=over))
    )


def _waiver(desk: Desk) -> Offer | Refusal:
    method = ReliefMethod.PARTIAL_WAIVER
    charges = desk.present_plan.charges_due
    if not charges:
        return Refusal(method, Code.NOTHING_TO_WAIVE)
    highest = desk.highest_waiver
    if not highest:
        return Refusal(method, Code.WAIVER_TOO_DEEP, charges, 0)
    over = _after_arrears(desk)
    return least(
        range(1, highest + 1),
        lambda minor: desk.quote(Relief(method, waived=_waived(desk, minor), arrears_over=over)),
    )


def _due_date(desk: Desk) -> Offer | Refusal:
    method, payday = ReliefMethod.DUE_DATE, desk.case.payday
    to_come = desk.present_plan.to_come
    if payday is None:
        return Refusal(method, Code.NO_PAYDAY)
    if not to_come:
        return Refusal(method, Code.DOES_NOT_FIT_LOAN)
    wanted = min(payday, _LATEST_DUE_DAY - _DAYS_AFTER_PAYDAY) + _DAYS_AFTER_PAYDAY
    due_day = max(row.due_on.day for row in to_come)
    if payday <= due_day <= payday + 2 * _DAYS_AFTER_PAYDAY:
        return Refusal(method, Code.FITS_PAYDAY, due_day, payday)
    return desk.quote(Relief(method, due_day=wanted))


def _only_a_person(method: ReliefMethod) -> Callable[[Desk], Offer | Refusal]:
    return lambda _desk: Refusal(method, Code.NEEDS_PERSON)


_FINDERS: dict[ReliefMethod, Callable[[Desk], Offer | Refusal]] = {
    ReliefMethod.TERM_EXTENSION: _extension,
    ReliefMethod.REAMORTIZATION: _reamortization,
    ReliefMethod.ARREARS_PLAN: _arrears_plan,
    ReliefMethod.CAPITALIZATION: _capitalization,
    ReliefMethod.PAYMENT_HOLIDAY: _holiday,
    ReliefMethod.INTEREST_ONLY: _interest_only,
    ReliefMethod.STEP_UP: _step_up,
    ReliefMethod.RATE_CUT: _rate_cut,
    ReliefMethod.PARTIAL_WAIVER: _waiver,
    ReliefMethod.SETTLEMENT: _only_a_person(ReliefMethod.SETTLEMENT),
    ReliefMethod.CONSOLIDATION: _only_a_person(ReliefMethod.CONSOLIDATION),
    ReliefMethod.DUE_DATE: _due_date,
}


def spread_over(desk: Desk, count: int) -> int | None:
    """Over how many installments unpaid interest, fees and penalty are spread: none where nothing is overdue."""
    if not desk.present_plan.charges_due:
        return None
    return min(count, desk.case.bounds.limits.longest_months[ReliefMethod.ARREARS_PLAN])


def _after_arrears(desk: Desk) -> int | None:
    return spread_over(desk, desk.remaining or 1)


def _waived(desk: Desk, minor: int) -> dict[Component, int]:
    """Return what to give up of each component for an amount: penalty first, interest last."""
    plan, left, waived = desk.present_plan, minor, {}
    due = [row for row in plan.rows if row.due_on <= plan.on]
    owed = (
        (Component.PENALTY, plan.penalty),
        (Component.FEE, sum(row.fee for row in due)),
        (Component.INTEREST, sum(row.interest for row in due)),
    )
    for component, due_of in owed:
        if part := min(left, due_of):
            waived[component] = part
            left -= part
    return waived


def least(measures: Sequence[int], quote: Callable[[int], Found | Refusal]) -> Found | Refusal:
    """
    Return the offer of the smallest measure that gives one, halving the range; else the refusal where the search ended.

    What a greater measure changes, it changes one way: payments fall. Where a relief is refused for anything but
    payments that are too high, a greater one goes further beyond that bound, and the search turns to smaller ones.
    """
    low, high = 0, len(measures) - 1
    best: Found | None = None
    refused: Refusal | None = None
    while low <= high:
        middle = (low + high) // 2
        found = quote(measures[middle])
        if isinstance(found, Offer):
            best, high = found, middle - 1
        elif found.code in (Code.NOT_AFFORDABLE, Code.NO_GAIN, Code.ABOVE_CAP, Code.BELOW_INTEREST):
            refused, low = found, middle + 1
        else:  # beyond a bound
            refused, high = found, middle - 1
    if best is not None:
        return best
    assert refused is not None
    return refused


def _first(quotes: Iterable[Offer | Refusal]) -> Offer | Refusal:
    refusal: Refusal | None = None
    for found in quotes:
        if isinstance(found, Offer):
            return found
        refusal = found
    assert refusal is not None
    return refusal


def _months(days: Iterable[date]) -> int:
    return len({(day.year, day.month) for day in days})

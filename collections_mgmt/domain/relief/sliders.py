"""What a borrower may move of an offer by themselves, and how far it stays one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from collections_mgmt.domain.relief.candidates import spread_over
from collections_mgmt.domain.relief.joining import JointDesk
from collections_mgmt.domain.relief.offers import Offer
from collections_mgmt.domain.relief.quoting import Desk
from dashu.finance.relief import Relief, ReliefMethod

_LATEST_DUE_DAY = 28

# Which figure of a method moves.
FIGURES = {
    ReliefMethod.TERM_EXTENSION: "count",
    ReliefMethod.ARREARS_PLAN: "arrears_over",
    ReliefMethod.PAYMENT_HOLIDAY: "months",
    ReliefMethod.INTEREST_ONLY: "months",
    ReliefMethod.STEP_UP: "months",
    ReliefMethod.DUE_DATE: "due_day",
    ReliefMethod.CONSOLIDATION: "count",
}


@dataclass(frozen=True, slots=True)
class Slider:
    """
    :param figure: its name in a `Relief`. :param low, high: between which what is chosen stays an offer, as far as
        every quote says; a value in between is quoted again before it is agreed.
    """

    figure: str
    low: int
    high: int
    chosen: int


def slider_of(desk: Desk | JointDesk, offer: Offer) -> Slider | None:
    """
    Return how far an offer can be moved; None where nothing of it moves.

    :param desk: that the offer was quoted at: of its loan, or of all loans that become one.
    """
    figure = FIGURES.get(offer.method)
    chosen: int | None = getattr(offer.relief, figure) if figure else None
    if figure is None or chosen is None:
        return None

    def is_offered(value: int) -> bool:
        return isinstance(desk.quote(moved(desk, offer.relief, value)), Offer)

    return Slider(
        figure,
        low=_furthest(is_offered, chosen, 1),
        high=_furthest(is_offered, chosen, _most(desk, offer.method)),
        chosen=chosen,
    )


def moved(desk: Desk | JointDesk, relief: Relief, value: int) -> Relief:
    """Return the relief with its figure at another value, and what follows from it."""
    if isinstance(desk, JointDesk):
        return replace(relief, count=value)
    if relief.method is ReliefMethod.TERM_EXTENSION:
        return replace(relief, count=value, arrears_over=spread_over(desk, value))
    if relief.method is ReliefMethod.INTEREST_ONLY and relief.count is not None:
        return replace(relief, months=value, count=desk.remaining + value)
    change: dict[str, Any] = {FIGURES[relief.method]: value}
    return replace(relief, **change)


def is_move_of(desk: Desk | JointDesk, offered: Relief, asked: Relief) -> bool:
    """Whether what is asked is what was offered with only its one figure moved, as a borrower may move it alone."""
    figure = FIGURES.get(offered.method)
    if asked == offered:
        return True
    value: int | None = getattr(asked, figure) if figure else None
    return value is not None and value > 0 and moved(desk, offered, value) == asked


def _most(desk: Desk | JointDesk, method: ReliefMethod) -> int:
    if isinstance(desk, JointDesk):
        return desk.counts[1]
    bounds = desk.case.bounds
    if method is ReliefMethod.TERM_EXTENSION:
        return bounds.longest_count
    if method is ReliefMethod.DUE_DATE:
        return _LATEST_DUE_DAY
    longest = bounds.limits.longest_months[method]
    return min(longest, desk.remaining) if method is ReliefMethod.ARREARS_PLAN else longest


def _furthest(is_offered: Callable[[int], bool], chosen: int, bound: int) -> int:
    """Return the value closest to the bound that is still offered, halving what lies between."""
    step = 1 if bound >= chosen else -1
    near, far = 0, abs(bound - chosen)
    while near < far:
        middle = (near + far + 1) // 2
        if is_offered(chosen + step * middle):
            near = middle
        else:
            far = middle - 1
    return chosen + step * near

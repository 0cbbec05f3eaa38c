"""
Which few of the reliefs that fit are shown, in which order, and why not the others.

What comes first follows from the trouble: a payday that moved, arrears that were lost track of, a gap that passes, or a
month that stays tighter. Two offers never have the same shape, because a choice between like things is none. What costs
the lender is offered only where nothing gentler fits.
"""

from dataclasses import replace

from collections_mgmt.domain.relief.budget import Cause
from collections_mgmt.domain.relief.candidates import gentlest
from collections_mgmt.domain.relief.cases import Case
from collections_mgmt.domain.relief.joining import JointDesk, Several
from collections_mgmt.domain.relief.offers import SHAPES, Code, Offer, Options, Proposal, Refusal, Why
from collections_mgmt.domain.relief.quoting import NO_CONCESSION, REDUCES, Desk
from collections_mgmt.domain.relief.settling import proposal
from dashu.finance.relief import ReliefMethod

_LOST_TRACK = frozenset({Cause.MONEY_MANAGEMENT, Cause.TERMS_NOT_UNDERSTOOD})

_CATCH_UP = (ReliefMethod.ARREARS_PLAN, ReliefMethod.REAMORTIZATION)
_BRIDGE = (ReliefMethod.INTEREST_ONLY, ReliefMethod.PAYMENT_HOLIDAY, ReliefMethod.STEP_UP)
_LOWER = (ReliefMethod.TERM_EXTENSION,)
_CHEAPER = (ReliefMethod.RATE_CUT, ReliefMethod.PARTIAL_WAIVER)


def options(case: Case, several: Several | None = None) -> Options:
    """
    Return what is offered in a case, the recommended offer first, and for each other method why not.

    :param several: all loans of the borrower that could become one, this one among them; None: none are known.
    """
    desk = Desk(case)
    found = {method: _candidate(desk, method) for method in ReliefMethod}
    if several is not None:
        found[ReliefMethod.CONSOLIDATION] = JointDesk(several).gentlest()
    ranked = _ranked(case, has_arrears=bool(desk.present_plan.overdue))
    offered = [result for method in ranked if isinstance(result := found[method], Offer)]
    shown: list[Offer] = []
    refused = {method: result for method, result in found.items() if isinstance(result, Refusal)}
    for offer in offered:
        if refusal := _not_shown(offer, shown, case.bounds.limits.most_offers):
            refused[offer.method] = refusal
        else:
            shown.append(offer)
    if shown:
        shown[0] = replace(shown[0], why=_why(case, shown[0]))
    settlement = _settlement(desk, shown, refused)
    return Options(
        present=desk.present,
        offers=tuple(shown),
        not_offered=tuple(refused[method] for method in ReliefMethod if method in refused),
        settlement=settlement,
    )


def _settlement(desk: Desk, shown: list[Offer], refused: dict[ReliefMethod, Refusal]) -> Proposal | None:
    """Return the settlement that a person can ask for; where a plan fits, it is none, and `refused` says so."""
    method = ReliefMethod.SETTLEMENT
    if desk.present.carried.fits:
        return None
    found = proposal(desk)
    if isinstance(found, Refusal):
        refused[method] = found
        return None
    # Another due day bears nothing of a debt that the month cannot carry.
    if plan := next((offer for offer in shown if offer.method not in NO_CONCESSION), None):
        refused[method] = Refusal(method, Code.GENTLER_FITS, instead=plan.method)
        return None
    return found


def _candidate(desk: Desk, method: ReliefMethod) -> Offer | Refusal:
    """A plan that fits as it is needs no relief; to pay after the payday may still be easier."""
    if refusal := desk.gate(method):
        return refusal
    if desk.present.carried.fits and method not in NO_CONCESSION:
        payment = desk.present.carried.payment
        return Refusal(method, Code.PLAN_FITS, payment, desk.case.means.room_now)
    return gentlest(desk, method)


def _ranked(case: Case, *, has_arrears: bool) -> tuple[ReliefMethod, ...]:
    if case.means.is_temporary:
        first = (*_BRIDGE, *_LOWER, *_CATCH_UP)
    elif has_arrears and case.reasons and case.reasons <= _LOST_TRACK:
        first = (*_CATCH_UP, *_LOWER, *_BRIDGE)
    else:
        first = (*_LOWER, *_CATCH_UP, *_BRIDGE)
    rest = (ReliefMethod.CONSOLIDATION, ReliefMethod.CAPITALIZATION, *_CHEAPER, ReliefMethod.SETTLEMENT)
    return (ReliefMethod.DUE_DATE, *first, *rest)


def _not_shown(offer: Offer, shown: list[Offer], most: int) -> Refusal | None:
    if shown and offer.method in REDUCES:
        return Refusal(offer.method, Code.GENTLER_FITS, instead=shown[0].method)
    same = next((other for other in shown if SHAPES[other.method] is offer.shape), None)
    same = same or next((other for other in shown if other.plan == offer.plan), None)
    if same:
        return Refusal(offer.method, Code.SAME_SHAPE, instead=same.method)
    if len(shown) >= most:
        return Refusal(offer.method, Code.BEYOND_MOST, len(shown) + 1, most, instead=shown[0].method)
    return None


def _why(case: Case, offer: Offer) -> Why:
    if offer.method is ReliefMethod.DUE_DATE:
        return Why.FOLLOWS_PAYDAY
    if offer.method is ReliefMethod.CONSOLIDATION:
        return Why.ONE_PAYMENT
    if offer.method in _CATCH_UP:
        return Why.CATCHES_UP
    if offer.method in _BRIDGE and case.means.is_temporary:
        return Why.BRIDGES_GAP
    return Why.COSTS_LEAST if offer.method in REDUCES else Why.LOWERS_FOR_GOOD

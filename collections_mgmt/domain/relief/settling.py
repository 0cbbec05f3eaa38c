"""
Whether to end a loan for less than is owed is the way: far behind, no plan that the month carries, and a sum at hand.

What comes of it is asked for by a person and approved by another one, see `collections_mgmt.services.settlements`.
"""

from collections_mgmt.domain.relief.offers import Code, Proposal, Refusal
from collections_mgmt.domain.relief.quoting import Desk
from dashu.finance.loan import payoff
from dashu.finance.relief import ReliefMethod, standing

METHOD = ReliefMethod.SETTLEMENT


def proposal(desk: Desk) -> Proposal | Refusal:
    """Return what would be paid and given up, or why it is not the way. Whether a plan fits is not asked here."""
    case = desk.case
    if refusal := next(desk.gates_of_loan(METHOD), None):
        return refusal
    least_days = case.bounds.settles_from_days
    if least_days is None:
        return Refusal(METHOD, Code.NEEDS_PERSON)
    if case.days_past_due < least_days:
        return Refusal(METHOD, Code.TOO_EARLY, case.days_past_due, least_days)
    if case.lump_sum is None:
        return Refusal(METHOD, Code.NO_LUMP_SUM)
    owed = payoff(standing(case.life, case.on), case.contract, case.on)
    if case.lump_sum >= owed:
        return Refusal(METHOD, Code.PAYS_ALL, case.lump_sum, owed)
    expected = desk.present.worth.expected
    if case.lump_sum <= expected:
        return Refusal(METHOD, Code.NO_GAIN, case.lump_sum, expected)
    return Proposal(owed, case.lump_sum, expected)

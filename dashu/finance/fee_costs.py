"""What each fee of a loan comes to: as an amount over its life, and as points of the all-in yearly rate."""

from dataclasses import dataclass, replace
from decimal import Decimal

from dashu.finance.annual_rates import AnnualRates, all_in_rates
from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.schedule import Schedule, build_schedule


@dataclass(frozen=True, slots=True)
class FeeCost:
    """
    :param minor: over the loan; of a fee on an event, what it would come to once.
    :param rate_points: by how much the effective rate is higher than without this fee, interest on a financed fee
        included. None for a fee on an event, which is no part of the rate. Points of several fees do not add up
        exactly, since each weighs more beside the others.
    """

    fee: Fee
    minor: int
    rate_points: Decimal | None


def fee_costs(schedule: Schedule, rates: AnnualRates) -> list[FeeCost]:
    """:param rates: of the schedule with all fees."""
    costs = []
    for index, (fee, minor) in enumerate(schedule.fee_totals()):
        points = None
        if fee.timing is not FeeTiming.ON_EVENT:
            fees = schedule.terms.fees
            without = replace(schedule.terms, fees=(*fees[:index], *fees[index + 1 :]))
            points = rates.irr_effective - all_in_rates(without, build_schedule(without)).irr_effective
        costs.append(FeeCost(fee, minor, points))
    return costs

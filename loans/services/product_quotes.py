"""What a loan of a product would cost somebody of whom nothing is known, by the rules of its first day."""

from datetime import date
from decimal import Decimal

from dashu.policy import rules as policy
from loans.domain.cost_sheet import CostSheet
from loans.domain.pricing import price_range
from loans.models import ProductTerms
from loans.services.create_loan import refuse_amount_outside, refuse_count_outside, refuse_rate_outside
from loans.services.example_sheets import example_sheet


def quote_product(
    version: ProductTerms, *, principal: int, count: int, annual_rate: Decimal | None, on: date, currency: str
) -> CostSheet:
    """
    Return the cost sheet of a loan that is paid out on a day. Nothing is written.

    :param principal: minor units.
    :param annual_rate: of the contract; None: the most that anybody is asked for.
    :raises OutsideProduct: see there; `field` is that of a partner's document.
    :raises RateAboveBound: the rate lies above what the lender's policy pack allows on the day.
    :raises PolicyRuleMissing: the pack says nothing of the day.
    """
    rules = version.rules
    refuse_amount_outside(rules, principal, field="amount")
    refuse_count_outside(rules, count, field="months")
    if annual_rate is None:
        _lowest, annual_rate = price_range(
            rules=policy.credit_pricing(on),
            limits=policy.rate_limits(on),
            lowest=rules.min_annual_rate,
            highest=rules.max_annual_rate,
        )
    refuse_rate_outside(rules, annual_rate)
    policy.rate_limits(on).refuse_above_bound(annual_rate)
    return example_sheet(version, principal=principal, count=count, annual_rate=annual_rate, on=on, currency=currency)

"""What a loan would cost somebody of whom nothing is known yet, by the rules of a day. Nothing is written."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product as pairs_of

from dashu.policy import rules as policy
from loans.domain.cost_sheet import CostSheet
from loans.domain.pricing import price_range
from loans.domain.terms import ProductRules
from loans.models import ProductTerms
from loans.services.offer_sheets import sheet_of_terms


@dataclass(frozen=True, slots=True)
class Prices:
    """
    Yearly fractions.

    :param lowest, highest: of contracts.
    :param lowest_all_in, highest_all_in: with every cost that is paid when all goes well, the stricter of nominal and
        effective, over the loans at the edges of the product.
    """

    lowest: Decimal
    highest: Decimal
    lowest_all_in: Decimal
    highest_all_in: Decimal

    @property
    def is_one(self) -> bool:
        return self.lowest == self.highest


def prices_of(version: ProductTerms, *, on: date) -> Prices:
    """
    Return between which rates the loans of a product lie.

    :raises PolicyRuleMissing: nothing is said of prices on this day.
    """
    rules = version.rules
    lowest, highest = price_range(
        rules=policy.credit_pricing(on),
        limits=policy.rate_limits(on),
        lowest=rules.min_annual_rate,
        highest=rules.max_annual_rate,
    )
    return Prices(lowest, highest, min(_all_in_rates(rules, lowest, on)), max(_all_in_rates(rules, highest, on)))


def example_sheet(
    version: ProductTerms, *, principal: int, count: int, annual_rate: Decimal, on: date, currency: str
) -> CostSheet:
    """
    Return the cost sheet of a loan of the product that is paid out on a day.

    :param principal, count, annual_rate: within what the product offers.
    """
    rules = version.rules
    assert rules.min_principal <= principal <= rules.max_principal
    assert rules.min_count <= count <= rules.max_count
    terms = rules.schedule_terms(principal=principal, annual_rate=annual_rate, count=count, disbursed_on=on)
    return sheet_of_terms([terms], rules, on=on, currency=currency)


def _all_in_rates(rules: ProductRules, annual_rate: Decimal, on: date) -> list[Decimal]:
    edges = pairs_of({rules.min_principal, rules.max_principal}, {rules.min_count, rules.max_count})
    terms = (
        rules.schedule_terms(principal=principal, annual_rate=annual_rate, count=count, disbursed_on=on)
        for principal, count in edges
    )
    return [sheet_of_terms([each], rules, on=on, currency="CNY").all_in_rate for each in terms]

"""
What a loan costs this applicant, and why: the base rate, what lowers it, and the bounds that it has to stay within.

A better fact never raises the price. Age, sex and region are not asked for. The reasons add up to the rate.
"""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext
from enum import StrEnum
from typing import Any

from dashu.finance.rate_cap import RateLimits
from dashu.policy.credit_pricing import PricingRules

_PLACES = Decimal("0.0001")
_MONTHS = 12


class PriceReason(StrEnum):
    BASE = "base"
    SCORE = "score"
    PROVED_INCOME = "proved_income"
    PRODUCT = "product"
    RATE_CAP = "rate_cap"


@dataclass(frozen=True, slots=True)
class PriceStep:
    """
    :param change: of the yearly rate, a fraction; below 0 it makes the loan cheaper.
    :param found, limit: plain values for the sentence: points and the bar they reached, or the bound as a fraction.
    """

    reason: PriceReason
    change: Decimal
    found: int | None = None
    limit: int | str | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """:param annual_rate: of the contract, nominal, a fraction; the sum of the steps."""

    annual_rate: Decimal
    steps: tuple[PriceStep, ...]


def price(
    *,
    score: int | None,
    has_proved_income: bool,
    rules: PricingRules,
    limits: RateLimits,
    lowest: Decimal = Decimal(0),
    highest: Decimal = Decimal(10),
) -> Price:
    """
    Return the yearly rate of the contract and what it is made of.

    :param score: points, None where nobody scored.
    :param lowest, highest: contract rates of the product. The cap comes before both.
    """
    steps = [PriceStep(PriceReason.BASE, rules.base_rate)]
    if step := rules.step_of(score):
        steps.append(PriceStep(PriceReason.SCORE, -step.less, score, step.from_points))
    if has_proved_income and rules.proved_income:
        steps.append(PriceStep(PriceReason.PROVED_INCOME, -rules.proved_income))
    rate = sum((each.change for each in steps), Decimal(0))
    bound = min(max(rate, lowest), highest)
    if bound != rate:
        steps.append(PriceStep(PriceReason.PRODUCT, bound - rate, limit=str(bound)))
    ceiling = highest_contract_rate(limits, rules.cap_margin)
    if ceiling < bound:
        steps.append(PriceStep(PriceReason.RATE_CAP, ceiling - bound, limit=str(limits.cap)))
        bound = ceiling
    assert sum(each.change for each in steps) == bound
    return Price(bound, tuple(steps))


def price_range(
    *, rules: PricingRules, limits: RateLimits, lowest: Decimal = Decimal(0), highest: Decimal = Decimal(10)
) -> tuple[Decimal, Decimal]:
    """
    Return the least and the most that anybody is asked for: with all that lowers the rate, and with nothing known.

    :param lowest, highest: contract rates of the product.
    """
    best = rules.by_score[-1].from_points if rules.by_score else None
    about: dict[str, Any] = {"rules": rules, "limits": limits, "lowest": lowest, "highest": highest}
    return (
        price(score=best, has_proved_income=True, **about).annual_rate,
        price(score=None, has_proved_income=False, **about).annual_rate,
    )


def highest_contract_rate(limits: RateLimits, margin: Decimal) -> Decimal:
    """
    Return the nominal rate of monthly installments whose effective rate stays `margin` below the cap.

    Without fees the effective rate is the stricter of the two; rounded down to a hundredth of a percent.
    """
    with localcontext(prec=28):
        effective = max(limits.cap - margin, Decimal(0))
        nominal = _MONTHS * ((1 + effective) ** (Decimal(1) / _MONTHS) - 1)
    return min(nominal.quantize(_PLACES, rounding=ROUND_FLOOR), limits.highest_contract)

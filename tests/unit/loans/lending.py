"""What the tests of lending decide by: rules, products and a household that can carry a loan."""

from datetime import date
from decimal import Decimal

from dashu.finance.affordability import AffordabilityRules, Amount, Household
from dashu.finance.rate_cap import RateLimits
from dashu.finance.terms import Method
from dashu.policy.credit_pricing import PricingRules, ScoreStep
from loans.domain.offers import Bounds
from loans.domain.terms import ProductRules

ON = date(2026, 12, 1)
LIMITS = RateLimits("cn", Decimal("0.24"), Decimal("0.24"))
AFFORDABILITY = AffordabilityRules(
    unverified_income=Decimal("0.7"),
    buffer=Decimal("0.1"),
    watched_debt=Decimal("0.5"),
    highest_debt=Decimal("0.7"),
    stressed_income=Decimal("0.8"),
    stressed_rate=Decimal("0.02"),
)
PRICING = PricingRules(
    base_rate=Decimal("0.18"),
    by_score=(ScoreStep(540, Decimal("0.012")), ScoreStep(600, Decimal("0.036"))),
    proved_income=Decimal("0.012"),
    cap_margin=Decimal("0.002"),
)
CONSUMER = ProductRules(
    method=Method.EQUAL_INSTALLMENT,
    min_principal=1_000_00,
    max_principal=200_000_00,
    min_count=3,
    max_count=36,
    min_annual_rate=Decimal(0),
    max_annual_rate=Decimal("0.24"),
)
SME = ProductRules(
    method=Method.EQUAL_PRINCIPAL,
    min_principal=10_000_00,
    max_principal=10_000_000_00,
    min_count=3,
    max_count=60,
    min_annual_rate=Decimal(0),
    max_annual_rate=Decimal("0.24"),
)
HOUSEHOLD = Household(Amount(10_000_00, 10_000_00), Amount(4_000_00), Amount(1_000_00))


def bounds(household: Household = HOUSEHOLD, *, cap: str = "0.24", room: int = 10_000_000_00) -> Bounds:
    return Bounds(household, AFFORDABILITY, Decimal(cap), room)

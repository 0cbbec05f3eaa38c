"""Money kept back from a payout, and what the loan then costs."""

from collections.abc import Mapping
from decimal import Decimal

from dashu.finance.annual_rates import AnnualRates, annual_rates
from dashu.finance.rounding import Rounding, to_minor
from education.domain.charts import Bar, Bars, Chart
from education.domain.figures.writing import percent, quoted_percent, yuan

AGREED, RECEIVED = 10_000_00, 9_000_00
MONTHS = 12
MONTHLY_FEE = Decimal("0.005")  # of the amount first lent, as it is quoted
AGAIN = 8_500_00  # what arrives in the variant of the quiz


def payment(lent: int) -> int:
    """Return a month's payment on the amount that counts as lent: its share and the quoted monthly fee."""
    return to_minor(Decimal(lent) / MONTHS + lent * MONTHLY_FEE, Rounding.HALF_UP)


def rates(received: int, lent: int = AGREED) -> AnnualRates:
    return annual_rates(received, [payment(lent)] * MONTHS, 12)


def figures() -> Mapping[str, str]:
    paid, fair = payment(AGREED), payment(RECEIVED)
    return {
        "agreed": yuan(AGREED),
        "received": yuan(RECEIVED),
        "received_again": yuan(AGAIN),
        "kept_back": yuan(AGREED - RECEIVED),
        "kept_back_again": yuan(AGREED - AGAIN),
        "months": str(MONTHS),
        "quoted": quoted_percent(MONTHLY_FEE),
        "quoted_a_year": quoted_percent(MONTHLY_FEE * 12),
        "payment": yuan(paid),
        "paid_in_all": yuan(paid * MONTHS),
        "cost_in_all": yuan(paid * MONTHS - RECEIVED),
        "full_nominal": percent(rates(AGREED).irr_nominal),
        "nominal": percent(rates(RECEIVED).irr_nominal),
        "effective": percent(rates(RECEIVED).irr_effective),
        "nominal_again": percent(rates(AGAIN).irr_nominal),
        "fair_payment": yuan(fair),
        "fair_difference": yuan(paid - fair),
        "fair_difference_in_all": yuan((paid - fair) * MONTHS),
    }


def charts() -> Mapping[str, Chart]:
    shown = {"quoted": MONTHLY_FEE * 12, "full": rates(AGREED).irr_nominal, "kept_back": rates(RECEIVED).irr_nominal}
    bars = [
        Bar(code, to_minor(rate * 10_000, Rounding.HALF_UP), percent(rate), "interest") for code, rate in shown.items()
    ]
    return {"rates": Bars(tuple(bars))}

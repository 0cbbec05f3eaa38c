"""A monthly fee on the full amount, and what it comes to as a yearly rate."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from dashu.finance.annual_rates import AnnualRates, annual_rates
from dashu.finance.rounding import Rounding, to_minor
from education.domain.charts import Chart, Line, Lines
from education.domain.figures.writing import percent, quoted_percent, yuan

BORROWED = 12_000_00
MONTHS = 12
FEES = {"low": Decimal("0.006"), "high": Decimal("0.0075")}

# Two loans say this rate, one simple, one compound.
COMPARED = Decimal("0.13")

# The official example: PBC announcement 2021 No. 3.
OFFICIAL_SUM, OFFICIAL_FEE, OFFICIAL_PAYMENT = 100_000_00, 1_000_00, 8_833_30


def monthly_fee(fee_rate: Decimal) -> int:
    return to_minor(BORROWED * fee_rate, Rounding.HALF_UP)


def rates_of_fee(fee_rate: Decimal) -> AnnualRates:
    """Return the yearly rates of a fee that is charged every month on the amount first borrowed."""
    return annual_rates(BORROWED, [BORROWED // MONTHS + monthly_fee(fee_rate)] * MONTHS, 12)


def owed() -> list[int]:
    """Return what is owed during each month."""
    return [BORROWED - BORROWED // MONTHS * month for month in range(MONTHS)]


def effective_of(nominal: Decimal) -> Decimal:
    """Return what a simple yearly rate of monthly payments is when compounded."""
    return (1 + nominal / 12) ** 12 - 1


def nominal_of(effective: Decimal) -> Decimal:
    """Return the simple yearly rate that compounds to this one."""
    return 12 * ((1 + effective) ** (Decimal(1) / 12) - 1)


def figures() -> Mapping[str, str]:
    official = annual_rates(OFFICIAL_SUM - OFFICIAL_FEE, [OFFICIAL_PAYMENT] * MONTHS, 12)
    times = rates_of_fee(FEES["low"]).irr_nominal / (FEES["low"] * 12)
    found = {
        "borrowed": yuan(BORROWED),
        "months": str(MONTHS),
        "monthly_principal": yuan(BORROWED // MONTHS),
        "owed_half_way": yuan(owed()[MONTHS // 2]),
        "owed_on_average": yuan(sum(owed()) // MONTHS),
        "low_fee": yuan(monthly_fee(FEES["low"])),
        "fee_difference": yuan((monthly_fee(FEES["high"]) - monthly_fee(FEES["low"])) * MONTHS),
        "rule_of_thumb": str(times.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)),
        "official_sum": yuan(OFFICIAL_SUM),
        "official_fee": yuan(OFFICIAL_FEE),
        "official_payment": yuan(OFFICIAL_PAYMENT),
        "official_nominal": percent(official.irr_nominal),
        "official_effective": percent(official.irr_effective),
    }
    found |= {"compared": quoted_percent(COMPARED), "compared_simple": percent(nominal_of(COMPARED))}
    found |= {"compared_compound": percent(effective_of(COMPARED))}
    for name, fee_rate in FEES.items():
        rates = rates_of_fee(fee_rate)
        found |= {
            f"{name}_monthly": quoted_percent(fee_rate),
            f"{name}_fee_total": yuan(monthly_fee(fee_rate) * MONTHS),
            f"{name}_payment": yuan(BORROWED // MONTHS + monthly_fee(fee_rate)),
            f"{name}_times_12": quoted_percent(fee_rate * 12),
            f"{name}_nominal": percent(rates.irr_nominal),
            f"{name}_effective": percent(rates.irr_effective),
        }
    for name in ("monthly", "fee_total", "payment", "times_12", "nominal", "effective"):
        found[f"low_{name}_again"] = found[f"high_{name}"]
    return found


def charts() -> Mapping[str, Chart]:
    fee_base = Line("fee_base", (BORROWED,) * (MONTHS + 1), "fee")
    lines = (Line("owed", (*owed(), 0), "principal"), fee_base)
    return {"owed": Lines(lines, {BORROWED: yuan(BORROWED), 0: yuan(0)}, ("0", str(MONTHS)))}

"""What the OpenAPI document shows of quotes; the tests send the request and get the answer to the fen."""

from typing import Any

TERMS: dict[str, Any] = {
    "principal": "12000.00",
    "currency": "CNY",
    "annual_rate": "0.18",
    "method": "equal_installment",
    "count": 3,
    "period": "month",
    "every": 1,
    "day_count": "30/360",
    "disbursed_on": "2026-01-15",
    "first_due_on": None,
    "due_day": None,
    "grace_principal": 0,
    "grace_interest": 0,
    "interest_free": 0,
    "balloon": "0",
    "fees": [{"code": "arrangement", "amount": "120.00", "timing": "upfront"}],
    "rounding": "half_up",
    "calendar": None,
    "business_day": "none",
}


def _installment(number: int, period_from: str, due_on: str, *amounts: str) -> dict[str, Any]:
    named = dict(zip(("principal", "interest", "fee", "total", "balance"), amounts, strict=True))
    return {"number": number, "period_from": period_from, "due_on": due_on, "days": 30, **named}


QUOTE: dict[str, Any] = {
    "installments": [
        _installment(1, "2026-01-15", "2026-02-15", "3940.60", "180.00", "0.00", "4120.60", "8059.40"),
        _installment(2, "2026-02-15", "2026-03-15", "3999.71", "120.89", "0.00", "4120.60", "4059.69"),
        _installment(3, "2026-03-15", "2026-04-15", "4059.69", "60.90", "0.00", "4120.59", "0.00"),
    ],
    "totals": {
        "principal": "12000.00",
        "interest": "361.79",
        "fee": "0.00",
        "total": "12361.79",
        "upfront_fee": "120.00",
        "financed_fee": "0.00",
        "capitalized_interest": "0.00",
        "received": "11880.00",
        "cost": "481.79",
    },
    "remainders": [{"number": 3, "amount": "-0.01"}],
    "fees": [
        {"code": "arrangement", "timing": "upfront", "amount": "120.00", "tax": "0.00", "rate_points": "0.074764"}
    ],
    "annual_rates": {"irr_nominal": "0.241722", "irr_effective": "0.270384"},
}

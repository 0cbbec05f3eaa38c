"""What the OpenAPI document shows of products; the tests ask for them and get what is shown to the fen."""

from typing import Any

from loans.api.application_examples import PRODUCTS
from loans.api.decision_examples import SHEET

__all__ = ["PRODUCT", "PRODUCTS", "PRODUCT_QUOTE", "PRODUCT_QUOTE_IN"]


def _cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def _fee(code: str, name: str, payee: str, amount: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        "payee": payee,
        "when": "on_event",
        "amount": _cny(amount),
        "rate": None,
        "cap": None,
        "is_once": False,
    }


PRODUCT: dict[str, Any] = {
    **PRODUCTS["products"][0],
    "lowest_annual_rate": "0.000000",
    "highest_annual_rate": "0.216000",
    "purposes": [
        "EDUCATION",
        "HEALTH",
        "HOME",
        "APPLIANCE",
        "TRAVEL",
        "WEDDING",
        "VEHICLE",
        "OTHER_LOANS",
        "OTHER",
    ],
    "as_of": "2026-11-23",
    "effective_from": "2020-01-01",
    "rate_cap": "0.240000",
    "period": "month",
    "day_count": "30/360",
    "rounding": "half_up",
    "interest_basis": "scheduled",
    "interest_year_days": 365,
    "tolerance_bps": 0,
    "allocation": {
        "order": ["fee", "interest", "principal", "penalty"],
        "direction": "by_installment",
        "surplus": "next_installment",
    },
    "penalty": {
        "lowest_annual_rate": "0.000000",
        "highest_annual_rate": "0.240000",
        "base": "principal",
        "year_days": 360,
        "grace_days": 0,
    },
    "fees": [
        _fee("notary", "Notary fee", "The notary office", "500.00"),
        _fee("paper_copy", "Paper copy by courier", "The courier", "20.00"),
    ],
    "covenants": [],
    "schedule": {},
    "versions": [{"version": 1, "effective_from": "2020-01-01", "is_in_force": True}],
}

PRODUCT_QUOTE_IN: dict[str, Any] = {
    "amount": _cny("12000.00"),
    "months": 3,
    "starts_on": "2026-11-23",
    "annual_rate": "0.18",
}


def _installment(number: int, due_on: str, *amounts: str) -> dict[str, Any]:
    named = zip(("principal", "interest", "fee", "total", "balance"), map(_cny, amounts), strict=True)
    return {"tranche": 1, "number": number, "due_on": due_on, **dict(named)}


PRODUCT_QUOTE: dict[str, Any] = {
    **{name: value for name, value in SHEET.items() if name not in ("position", "digest", "document")},
    "product": {"code": "consumer", "name": "Consumer loan", "version": 1},
    "months": 3,
    "principal": _cny("12000.00"),
    "annual_rate": "0.180000",
    "interest": _cny("361.79"),
    "total": _cny("12361.79"),
    "simple_rate": "0.180002",
    "effective_rate": "0.195620",
    "all_in_rate": "0.195620",
    "is_within_cap": True,
    "cap_margin": "0.044380",
    "costs": [
        {
            **SHEET["costs"][0],
            "method": "18% a year of the principal still owed; Equal installments",
            "amount": _cny("361.79"),
        }
    ],
    "contingent": [
        {
            **SHEET["contingent"][0],
            "method": "24% a year of the overdue principal only, by days (360 days a year)",
        },
        *SHEET["contingent"][1:],
    ],
    "late_example": "Example: the first installment of ¥4,120.60 is paid 30 days late. It then costs ¥78.81 more.",
    "tranches": [{"number": 1, "on": "2026-11-23", "principal": _cny("12000.00")}],
    "installments": [
        _installment(1, "2026-12-23", "3940.60", "180.00", "0.00", "4120.60", "8059.40"),
        _installment(2, "2027-01-23", "3999.71", "120.89", "0.00", "4120.60", "4059.69"),
        _installment(3, "2027-02-23", "4059.69", "60.90", "0.00", "4120.59", "0.00"),
    ],
}

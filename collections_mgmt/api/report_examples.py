"""What the OpenAPI document shows of reports."""

from typing import Any


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


_NOTHING = _money("0.00")
PORTFOLIO: dict[str, Any] = {
    "as_of": "2026-03-31",
    "results": [
        {
            "currency": "CNY",
            "product": "consumer",
            "status": "ACTIVE",
            "bucket": "M1",
            "loans": 1,
            "principal": _money("11079.84"),
            "interest": _money("166.20"),
            "fee": _NOTHING,
            "penalty": _money("9.96"),
            "credit": _NOTHING,
            "overdue": _money("1100.16"),
        }
    ],
}
CASH: dict[str, Any] = {
    "first": "2026-02-01",
    "last": "2026-02-28",
    "results": [
        {
            "currency": "CNY",
            "day": "2026-02-15",
            "channel": "PARTNER",
            "payments": 1,
            "amount": _money("1100.16"),
            "fee": _NOTHING,
            "penalty": _NOTHING,
            "interest": _money("180.00"),
            "principal": _money("920.16"),
            "credit": _NOTHING,
            "returned_payments": 0,
            "returned": _NOTHING,
        }
    ],
}
ARREARS: dict[str, Any] = {
    "first": "2026-02-28",
    "last": "2026-03-31",
    "results": [
        {
            "currency": "CNY",
            "bucket_before": "CURRENT",
            "status_before": "ACTIVE",
            "bucket": "M1",
            "status": "ACTIVE",
            "loans": 1,
            "principal_before": _money("11079.84"),
            "principal": _money("11079.84"),
            "overdue_before": _NOTHING,
            "overdue": _money("1100.16"),
        }
    ],
}
VINTAGES: dict[str, Any] = {
    "as_of": "2026-03-31",
    "results": [
        {
            "currency": "CNY",
            "month": "2026-01-01",
            "months_on_book": 2,
            "loans": 40,
            "principal": _money("480000.00"),
            "late_30": 2,
            "late_30_principal": _money("24000.00"),
            "late_90": 0,
            "late_90_principal": _NOTHING,
        }
    ],
}

"""What the OpenAPI document shows of payments."""

from typing import Any


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


_BOOKED: dict[str, Any] = {
    "channel": "PARTNER",
    "kind": "PAYMENT",
    "status": "BOOKED",
    "posted_at": "2026-02-15T09:30:00.000000+08:00",
    "is_returned": False,
    "returned": None,
}
PAYMENT_IN: dict[str, Any] = {
    "amount": _money("1100.16"),
    "received_on": "2026-02-15",
    "reference": "2026-02-15/0001",
}
PAYMENT: dict[str, Any] = {
    "id": "acme:2026-02-15~2F0001",
    "loan": "DS20260000123",
    **PAYMENT_IN,
    **_BOOKED,
    "applied": {
        "fee": _money("0.00"),
        "penalty": _money("0.00"),
        "interest": _money("180.00"),
        "principal": _money("920.16"),
        "credit": _money("0.00"),
    },
    "installments": [{"number": 1, "fee": _money("0.00"), "interest": _money("180.00"), "principal": _money("920.16")}],
    "split": None,
}
PAYMENTS: dict[str, Any] = {"results": [PAYMENT], "next_cursor": None}
SPLIT_PAYMENT_IN: dict[str, Any] = {
    "total": _money("1600.16"),
    "received_on": "2026-02-15",
    "reference": "2026-02-15/0002",
    "parts": [
        {"loan": "DS20260000123", "amount": _money("1100.16")},
        {"loan": "DS20260000124", "amount": _money("500.00")},
    ],
}


def _part(loan: str, number: int, amount: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("fee", "penalty", "interest", "credit"), _money("0.00"))
    return {
        "id": f"acme:2026-02-15~2F0002-{number}",
        "loan": loan,
        "reference": f"2026-02-15/0002-{number}",
        "amount": _money(amount),
        "received_on": "2026-02-15",
        **_BOOKED,
        "applied": {**nothing, "principal": _money(amount)},
        "installments": [{"number": 1, "fee": _money("0.00"), "interest": _money("0.00"), "principal": _money(amount)}],
        "split": {"id": "acme:2026-02-15~2F0002", "position": number},
    }


SPLIT_PAYMENT: dict[str, Any] = {
    "id": "acme:2026-02-15~2F0002",
    "reference": "2026-02-15/0002",
    "total": _money("1600.16"),
    "received_on": "2026-02-15",
    "posted_at": "2026-02-15T09:30:00.000000+08:00",
    "payments": [_part("DS20260000123", 1, "1100.16"), _part("DS20260000124", 2, "500.00")],
}

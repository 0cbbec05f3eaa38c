"""What the OpenAPI document shows."""

from typing import Any


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


SCHEDULE: dict[str, Any] = {
    "loan": "DS20260000123",
    "version": 1,
    "versions": [1],
    "reason": "CONTRACT",
    "effective_on": "2026-01-15",
    "balance": {"principal": _money("11079.84"), "penalty": _money("0.00"), "credit": _money("0.00")},
    "installments": [
        {
            "number": 1,
            "due_on": "2026-02-15",
            "principal": _money("920.16"),
            "interest": _money("180.00"),
            "fee": _money("0.00"),
            "total": _money("1100.16"),
            "paid": _money("1100.16"),
            "waived": _money("0.00"),
            "unpaid": _money("0.00"),
        }
    ],
}
POSITION: dict[str, Any] = {
    "loan": "DS20260000123",
    "as_of": "2026-03-31",
    "known_on": None,
    "status": "ACTIVE",
    "outstanding": {
        "principal": _money("11079.84"),
        "interest": _money("166.20"),
        "fee": _money("0.00"),
        "penalty": _money("9.96"),
    },
    "overdue": {"principal": _money("933.96"), "interest": _money("166.20"), "fee": _money("0.00")},
    "credit": _money("0.00"),
    "days_past_due": 16,
    "effective_days_past_due": 16,
    "bucket": "M1",
    "classification": "SPECIAL_MENTION",
}
PAYMENT_IN: dict[str, Any] = {
    "amount": _money("1100.16"),
    "received_on": "2026-02-15",
    "reference": "2026-02-15/0001",
}
PAYMENT: dict[str, Any] = {
    "loan": "DS20260000123",
    **PAYMENT_IN,
    "posted_at": "2026-02-15T09:30:00.000000+08:00",
    "is_returned": False,
    "applied": {
        "fee": _money("0.00"),
        "penalty": _money("0.00"),
        "interest": _money("180.00"),
        "principal": _money("920.16"),
        "credit": _money("0.00"),
    },
    "installments": [{"number": 1, "fee": _money("0.00"), "interest": _money("180.00"), "principal": _money("920.16")}],
}

"""What the OpenAPI document shows of refunds."""

from typing import Any

_AMOUNT = {"amount": "250.00", "currency": "CNY"}
REFUND_IN: dict[str, Any] = {"amount": _AMOUNT, "reason": "The borrower paid twice.", "reference": "back-0001"}
REFUND: dict[str, Any] = {
    "id": "partner:acme:back-0001",
    "loan": "DS20260000123",
    "reference": "back-0001",
    "asked_by_partner": True,
    "amount": _AMOUNT,
    "to": "SOURCE",
    "account_end": None,
    "status": "PENDING",
    "requested_at": "2026-03-20T09:30:00.000000+08:00",
    "expires_at": "2026-03-28T00:00:00+08:00",
    "decided_at": None,
    "note": None,
    "refunded_on": None,
    "is_undone": False,
}
REFUNDS: dict[str, Any] = {"results": [REFUND], "next_cursor": None}
BOOKED: dict[str, Any] = {
    **REFUND,
    "status": "APPROVED",
    "decided_at": "2026-03-21T10:00:00.000000+08:00",
    "refunded_on": "2026-03-21",
}
WITHDRAWN: dict[str, Any] = {**REFUND, "status": "WITHDRAWN", "decided_at": "2026-03-21T10:00:00.000000+08:00"}

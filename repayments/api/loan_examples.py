"""What the OpenAPI document shows of loans; a test reads the same loan and gets what is shown to the fen."""

from typing import Any

from loans.api.product_examples import PRODUCT


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


_ROW: dict[str, Any] = {
    "id": "DS20260000123",
    "status": "ACTIVE",
    "product": {"code": "consumer", "name": "Consumer loan", "version": 1},
    "principal": _money("12000.00"),
    "annual_rate": "0.180000",
    "method": "equal_installment",
    "installment_count": 12,
    "starts_on": "2026-01-15",
    "first_due_on": None,
    "borrower": "C-1017",
    "created_at": "2026-01-15T10:00:00.000000+08:00",
}
LOANS: dict[str, Any] = {"results": [_ROW], "next_cursor": None}

LOAN: dict[str, Any] = {
    **_ROW,
    "currency": "CNY",
    "terms": {
        "annual_rate_in_force": "0.180000",
        "due_day": None,
        "interest_basis": "scheduled",
        "interest_year_days": 365,
        "interest_only_months": None,
        "tolerance_bps": 0,
        "allocation": PRODUCT["allocation"],
        "penalty": {
            "annual_rate": "0.240000",
            "base": "principal",
            "year_days": 360,
            "grace_days": 0,
            "cap_rate": "0.240000",
        },
        "fees": PRODUCT["fees"],
    },
    "tranche": {
        "number": 1,
        "agreed_on": "2026-01-15",
        "give_back_until": "2026-01-22",
        "ended_at": None,
        "contract": "HT20260000456",
        "application": "A0123456789",
    },
    "schedule_version": 1,
    "balance": {
        "as_of": "2026-04-01",
        "outstanding": {
            "principal": _money("11079.84"),
            "interest": _money("166.20"),
            "fee": _money("0.00"),
            "penalty": _money("9.96"),
        },
        "overdue": {"principal": _money("933.96"), "interest": _money("166.20"), "fee": _money("0.00")},
        "credit": _money("0.00"),
        "oldest_due_on": "2026-03-15",
        "days_past_due": 17,
        "effective_days_past_due": 17,
        "due_now": _money("1110.12"),
        "next_due": {"on": "2026-04-15", "amount": _money("1100.16")},
        "left_to_pay": _money("12111.75"),
    },
    "links": {
        "product": "/api/v1/products/consumer",
        "schedule": "/api/v1/loans/DS20260000123/schedule",
        "position": "/api/v1/loans/DS20260000123/position",
        "payments": "/api/v1/loans/DS20260000123/payments",
        "payoff_quotes": "/api/v1/loans/DS20260000123/payoff-quotes",
        "documents": "/api/v1/loans/DS20260000123/documents",
        "application": "/api/v1/applications/A0123456789",
    },
}

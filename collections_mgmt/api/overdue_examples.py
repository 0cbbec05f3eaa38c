"""What the OpenAPI document shows of loans that are behind."""

from typing import Any


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


OVERDUE: dict[str, Any] = {
    "loan": "DS20260000123",
    "as_of": "2026-03-31",
    "days_past_due": 16,
    "effective_days_past_due": 16,
    "oldest_due_on": "2026-03-15",
    "overdue": {
        "principal": _money("933.96"),
        "interest": _money("166.20"),
        "fee": _money("0.00"),
        "penalty": _money("9.96"),
        "total": _money("1110.12"),
    },
    "bucket": "M1",
    "bucket_since": "2026-03-16",
    "classification": "SPECIAL_MENTION",
    "classification_since": "2026-03-16",
    "stage": "1",
    "stage_since": None,
    "contact_stopped": False,
}
OVERDUE_PAGE: dict[str, Any] = {"results": [OVERDUE], "next_cursor": None}
HISTORY: dict[str, Any] = {
    "results": [
        {
            "changed_on": "2026-03-16",
            "days_past_due": 1,
            "bucket_before": "CURRENT",
            "bucket": "M1",
            "classification_before": "PASS",
            "classification": "SPECIAL_MENTION",
            "stage_before": "1",
            "stage": "1",
        }
    ],
    "next_cursor": None,
}

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
            "status": "PAID",
        }
    ],
}
SCHEDULE_VERSIONS: dict[str, Any] = {
    "results": [
        {
            "version": 1,
            "is_in_force": True,
            "reason": "CONTRACT",
            "effective_on": "2026-01-15",
            "created_at": "2026-01-15T10:00:00.000000+08:00",
            "made_by": "STAFF",
            "installments": 12,
            "first_due_on": "2026-02-15",
            "last_due_on": "2027-01-15",
            "totals": {
                "principal": _money("12000.00"),
                "interest": _money("1201.92"),
                "fee": _money("0.00"),
                "total": _money("13201.92"),
                "paid": _money("1100.16"),
                "waived": _money("0.00"),
                "unpaid": _money("12101.76"),
            },
        }
    ],
    "next_cursor": None,
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
BOOK: dict[str, Any] = {
    "as_of": "2026-03-31",
    "known_on": None,
    "results": [
        {
            "loan": "DS20260000123",
            "product": "consumer",
            "status": "ACTIVE",
            "outstanding": POSITION["outstanding"],
            "overdue": POSITION["overdue"],
            "credit": _money("0.00"),
            "oldest_due_on": "2026-03-15",
            "days_past_due": 16,
            "effective_days_past_due": 16,
            "bucket": "M1",
            "classification": "SPECIAL_MENTION",
        }
    ],
    "next_cursor": None,
}
_SUMS: dict[str, Any] = {
    "loans": 1,
    "principal": _money("11079.84"),
    "interest": _money("166.20"),
    "fee": _money("0.00"),
    "penalty": _money("9.96"),
    "credit": _money("0.00"),
    "overdue": _money("1100.16"),
    "principal_over_30_days": _money("0.00"),
    "principal_over_60_days": _money("0.00"),
    "principal_over_90_days": _money("0.00"),
}
BOOK_TOTALS: dict[str, Any] = {
    "as_of": "2026-03-31",
    "known_on": "2026-03-31",
    "totals": [
        {
            "currency": "CNY",
            "sums": _SUMS,
            "by_status": [{"code": "ACTIVE", **_SUMS}],
            "by_bucket": [{"code": "M1", **_SUMS}],
            "by_classification": [{"code": "SPECIAL_MENTION", **_SUMS}],
            "difference": {name: 0 if name == "loans" else _money("0.00") for name in _SUMS}
            | {"interest": _money("-166.20"), "overdue": _money("-166.20")},
        }
    ],
}
PAYOFF_QUOTE_IN: dict[str, Any] = {"valid_to": "2026-02-21"}


def _payoff_day(on: str, interest: str, total: str) -> dict[str, Any]:
    parts = dict.fromkeys(("fee", "penalty", "prepayment_fee", "rebate", "credit"), _money("0.00"))
    return {"on": on, "principal": _money("11079.84"), "interest": _money(interest), **parts, "total": _money(total)}


PAYOFF_QUOTE: dict[str, Any] = {
    "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "loan": "DS20260000123",
    "status": "OFFERED",
    "quoted_on": "2026-02-20",
    "pays_on": "2026-02-21",
    "valid_to": "2026-02-21",
    "total": _money("11115.45"),
    "days": [
        _payoff_day("2026-02-20", "29.68", "11109.52"),
        _payoff_day("2026-02-21", "35.61", "11115.45"),
    ],
    "accepted_at": None,
}
PAYOFF_QUOTES: dict[str, Any] = {"payoff_quotes": [PAYOFF_QUOTE]}
ACCEPTED_QUOTE: dict[str, Any] = {
    **PAYOFF_QUOTE,
    "status": "ACCEPTED",
    "accepted_at": "2026-02-20T10:15:00.000000+08:00",
}
SETTLEMENT_IN: dict[str, Any] = {
    "amount": _money("11109.52"),
    "received_on": "2026-02-20",
    "reference": "2026-02-20/0007",
}
SETTLEMENT: dict[str, Any] = {
    "id": "acme:2026-02-20~2F0007",
    "loan": "DS20260000123",
    **SETTLEMENT_IN,
    "channel": "PARTNER",
    "kind": "SETTLEMENT",
    "status": "BOOKED",
    "posted_at": "2026-02-20T10:30:00.000000+08:00",
    "is_returned": False,
    "returned": None,
    "applied": {
        "fee": _money("0.00"),
        "penalty": _money("0.00"),
        "interest": _money("29.68"),
        "principal": _money("11079.84"),
        "credit": _money("0.00"),
    },
    "installments": [
        {"number": 2, "fee": _money("0.00"), "interest": _money("29.68"), "principal": _money("11079.84")}
    ],
    "split": None,
}
DOCUMENT_IN: dict[str, Any] = {
    "kind": "STATEMENT_OF_ACCOUNT",
    "language": "zh-hans",
    "first": "2026-01-01",
    "last": "2026-02-20",
}
DOCUMENT: dict[str, Any] = {
    "code": "7K3M-9QRT-2XYZ-ABCD",
    "number": "DS-SA-20260220-000012",
    "kind": "STATEMENT_OF_ACCOUNT",
    "loan": "DS20260000123",
    "language": "zh-hans",
    "as_of": "2026-02-20",
    "issued_at": "2026-02-20T10:30:00.000000+08:00",
    "revoked_at": None,
    "files": [
        {"format": "PDF", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "size": 45457},
        {"format": "XLSX", "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752", "size": 6522},
    ],
}
DOCUMENTS: dict[str, Any] = {"documents": [DOCUMENT]}

"""An answer of a bureau as it should be, to be spoilt field by field."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

REQUEST = UUID("0b9e2b34-6f0e-4c1e-9d6f-d3b1fd1a7c55")
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LOAN = {
    "lender": "绿叶银行",
    "kind": "CONSUMER",
    "opened_on": "2026-01-05",
    "commitment_minor": 5_000_00,
    "monthly_minor": 472_80,
    "days_past_due": 3,
    "is_settled": False,
}
INQUIRY = {"on": "2026-01-04", "lender": "绿叶银行", "purpose": "LOAN"}


def answer(**facts: Any) -> dict[str, Any]:
    return {
        "request_id": str(REQUEST),
        "reference": "R1",
        "pulled_at": "2026-03-02T12:00:00+08:00",
        "currency": "CNY",
        "is_known": True,
        "has_fraud_flag": False,
        "loans": [LOAN],
        "inquiries": [INQUIRY],
        **facts,
    }


def as_bytes(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()

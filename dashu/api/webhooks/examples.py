"""What the OpenAPI document shows of events and webhooks; the tests send the requests and get answers of this form."""

from typing import Any

EVENT_ID = "5f0c6c1e-3c4e-4b0e-9d57-6c0a3b1f2a10"
ENDPOINT_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
DELIVERY_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"

EVENT: dict[str, Any] = {
    "id": EVENT_ID,
    "type": "payment.received",
    "timestamp": "2026-02-15T10:00:00.123456+08:00",
    "subject": "DS20260000123",
    "sequence": 4711,
    "version": 1,
    "business_date": "2026-02-15",
    "data": {
        "loan": "DS20260000123",
        "payment": "PAY-2026-000017",
        "amount": {"amount": "1100.16", "currency": "CNY"},
        "received_on": "2026-02-15",
        "channel": "PARTNER",
    },
}
EVENTS: dict[str, Any] = {"results": [EVENT], "next_cursor": "NDcxMQ:1wXyZ0:c2lnbmF0dXJl"}

ENDPOINT_IN: dict[str, Any] = {
    "url": "https://partner.example/dashu",
    "description": "Booking system",
    "types": ["payment.received", "payment.returned"],
}
ENDPOINT: dict[str, Any] = {
    "id": ENDPOINT_ID,
    **ENDPOINT_IN,
    "version": 1,
    "status": "UNVERIFIED",
    "disabled_reason": None,
    "disabled_at": None,
    "verified_at": None,
    "failing_since": None,
    "previous_secret_until": None,
    "created_at": "2026-02-01T09:00:00+08:00",
}
VERIFIED: dict[str, Any] = {**ENDPOINT, "status": "ENABLED", "verified_at": "2026-02-01T09:05:00+08:00"}
ROTATED: dict[str, Any] = {**VERIFIED, "previous_secret_until": "2026-02-11T09:00:00+08:00"}
CHANGE_IN: dict[str, Any] = {"enabled": False}
CHANGED: dict[str, Any] = {
    **VERIFIED,
    "status": "DISABLED",
    "disabled_reason": "BY_PARTNER",
    "disabled_at": "2026-02-20T09:00:00+08:00",
}
ENDPOINTS: dict[str, Any] = {"results": [VERIFIED], "next_cursor": None}
SECRET: dict[str, Any] = {
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwK3vWv5Bq0c4=",
    "previous_secret": None,
    "previous_secret_until": None,
}

DELIVERY: dict[str, Any] = {
    "id": DELIVERY_ID,
    "endpoint": ENDPOINT_ID,
    "event": EVENT_ID,
    "type": "payment.received",
    "subject": "DS20260000123",
    "status": "DELIVERED",
    "attempts": 2,
    "created_at": "2026-02-15T10:00:01+08:00",
    "next_attempt_at": None,
    "ended_at": "2026-02-15T10:00:08+08:00",
}
DELIVERIES: dict[str, Any] = {"results": [DELIVERY], "next_cursor": None}
ATTEMPTED: dict[str, Any] = {
    **DELIVERY,
    "attempts_made": [
        {
            "number": 1,
            "at": "2026-02-15T10:00:01+08:00",
            "milliseconds": 15002,
            "status_code": None,
            "failure": "TIMEOUT",
            "answer": "",
        },
        {
            "number": 2,
            "at": "2026-02-15T10:00:08+08:00",
            "milliseconds": 84,
            "status_code": 200,
            "failure": None,
            "answer": "ok",
        },
    ],
}
QUEUED_AGAIN: dict[str, Any] = {
    **DELIVERY,
    "status": "PENDING",
    "next_attempt_at": "2026-02-16T09:00:00+08:00",
    "ended_at": None,
}
REPLAY_IN: dict[str, Any] = {"since": "2026-02-15T00:00:00+08:00"}
REPLAY_DEAD_IN: dict[str, Any] = {"dead": True}
REPLAYED: dict[str, Any] = {"queued": 17}
TESTED: dict[str, Any] = {"queued": 1}

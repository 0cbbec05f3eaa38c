"""What the OpenAPI document shows of bulk jobs."""

from typing import Any

_HERE = "/api/v1/jobs/0f8fad5b-d9cb-469f-a165-70867728950e"

UPLOAD: dict[str, Any] = {
    "kind": "payments",
    "file": "loan,amount,currency,received_on,reference\nDS20260000123,1100.16,CNY,2026-02-15,first\n",
    "format": "csv",
    "check_only": False,
}

QUEUED: dict[str, Any] = {
    "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "kind": "payments",
    "status": "QUEUED",
    "check_only": False,
    "approval": None,
    "file_name": "payments.csv",
    "format": "csv",
    "size": 131072,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "lines": {"total": 2000, "done": 0, "known": 0, "refused": 0, "waiting": 2000},
    "percent": 0,
    "created_at": "2026-02-15T10:00:00+08:00",
    "started_at": None,
    "estimated_end_at": None,
    "ended_at": None,
    "results_until": None,
    "problem": None,
    "links": {"self": _HERE, "cancel": f"{_HERE}/cancel", "results": None, "refused": None},
}

RUNNING: dict[str, Any] = {
    **QUEUED,
    "status": "RUNNING",
    "lines": {"total": 2000, "done": 498, "known": 0, "refused": 2, "waiting": 1500},
    "percent": 25,
    "started_at": "2026-02-15T10:00:01+08:00",
    "estimated_end_at": "2026-02-15T10:00:41+08:00",
}

ENDED: dict[str, Any] = {
    **QUEUED,
    "status": "DONE_WITH_REFUSALS",
    "lines": {"total": 2000, "done": 1998, "known": 0, "refused": 2, "waiting": 0},
    "percent": 100,
    "started_at": "2026-02-15T10:00:01+08:00",
    "ended_at": "2026-02-15T10:00:39+08:00",
    "results_until": "2026-03-17T10:00:39+08:00",
    "links": {"self": _HERE, "cancel": None, "results": f"{_HERE}/results", "refused": f"{_HERE}/refused"},
}

CANCELLED: dict[str, Any] = {
    **ENDED,
    "status": "CANCELLED",
    "lines": {"total": 2000, "done": 498, "known": 0, "refused": 2, "waiting": 1500},
    "percent": 25,
}

JOBS: dict[str, Any] = {"results": [ENDED], "next_cursor": None}

RESULT: dict[str, Any] = {
    "line": 2,
    "outcome": "DONE",
    "code": None,
    "detail": None,
    "field": None,
    "result": {"loan": "DS20260000123", "payment": "first"},
}

RESULT_REFUSED: dict[str, Any] = {
    "line": 3,
    "outcome": "REFUSED",
    "code": "loan_not_found",
    "detail": "There is no such loan.",
    "field": "loan",
    "result": {},
}

REFUSED_LINE: dict[str, Any] = {
    "refused_line": 3,
    "refused_code": "loan_not_found",
    "refused_detail": "There is no such loan.",
    "loan": "DS20260000999",
    "amount": "1100.16",
    "currency": "CNY",
    "received_on": "2026-02-15",
    "reference": "second",
}

REFUSED_CSV = (
    "refused_line,refused_code,refused_detail,loan,amount,currency,received_on,reference\r\n"
    "3,loan_not_found,There is no such loan.,DS20260000999,1100.16,CNY,2026-02-15,second\r\n"
)

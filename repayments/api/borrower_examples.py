"""What the OpenAPI document shows of borrowers."""

from typing import Any

BORROWER: dict[str, Any] = {
    "reference": "C-1017",
    "name": "阿**",
    "phone": "138****1234",
    "email": "a***@example.com",
    "is_personal": False,
    "language": "zh-hans",
    "is_business": False,
    "has_login": False,
    "open_loans": 1,
    "next_due_on": "2026-04-15",
    "created_at": "2026-01-10T09:00:00.000000+08:00",
}
BORROWERS: dict[str, Any] = {"results": [BORROWER], "next_cursor": None}
BORROWER_IN: dict[str, Any] = {"email": "amina@example.com"}

"""What the OpenAPI document shows of signing by a link."""

from typing import Any

LINK_IN: dict[str, Any] = {"return_url": "https://partner.example/loans/done?order=1017"}
_ID = "9b2f1f0e-6c1d-4f0a-9c53-0a4d1c2b7e11"
LINK: dict[str, Any] = {
    "id": _ID,
    "url": "https://loans.example/sign/3f0c9a51d27be846a1c05d9e7f38b264c1a90e57d3f8b612/",
    "phone": "138****1234",
    "expires_at": "2026-11-24T10:05:00+08:00",
}
SIGNATURE: dict[str, Any] = {
    "state": "SIGNED",
    "link": {
        "id": _ID,
        "phone": "138****1234",
        "return_url": LINK_IN["return_url"],
        "made_at": "2026-11-23T10:05:00+08:00",
        "opened_at": "2026-11-23T10:06:00+08:00",
        "confirmed_at": "2026-11-23T10:06:40+08:00",
        "expires_at": "2026-11-24T10:05:00+08:00",
    },
    "reading": {
        "opened_at": "2026-11-23T10:06:41+08:00",
        "confirmed_at": "2026-11-23T10:07:20+08:00",
        "understood_at": "2026-11-23T10:08:05+08:00",
        "sheet_digest": "0d9b1f6f3c1a6f4f2d4f3d2cbb9a4f5be8d2f6f1b7c7a0d95d7e6d0a2b9c4e31",
    },
    "contract": {
        "number": "HT20260000456",
        "signed_at": "2026-11-23T10:10:00+08:00",
        "language": "zh-hans",
        "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
        "evidence_digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "code": "7K3M-9QRT-2XYZ-ABCD",
    },
}

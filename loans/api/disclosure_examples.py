"""What the OpenAPI document shows of disclosures."""

from typing import Any

from loans.api.decision_examples import SHEET
from loans.api.signature_examples import SIGNATURE

DISCLOSURE: dict[str, Any] = {
    **SHEET,
    "version": 1,
    "language": "en",
    "figures_digest": "1f3b0c7a5a0d6b9c4e2f8d7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c",
    "reading": {**SIGNATURE["reading"], "sheet_digest": SHEET["digest"]},
}

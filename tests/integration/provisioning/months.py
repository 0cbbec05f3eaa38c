"""Months of the snapshot as a test needs them: what is not named is 0, empty, or that of a plain running loan."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from collections_mgmt.models import LoanMonth, PortfolioMonth
from collections_mgmt.services.snapshot.partitions import ensure_month

MINOR = [field.name for field in LoanMonth._meta.get_fields() if field.name.endswith("_minor")]
SUMS = [field.name for field in PortfolioMonth._meta.get_fields() if field.name.endswith("_minor")]
ENDED = ("SETTLED", "WRITTEN_OFF", "CHARGED_OFF", "SOLD")


def loan_month(month: date, loan_id: int, **given: Any) -> LoanMonth:
    """A loan at the end of a month, as the close would have kept it; a bucket that is a status has ended it."""
    ensure_month(month)
    bucket = given.get("bucket", "CURRENT")
    days = {"CURRENT": 0, "M1": 10, "M2": 40, "M3": 70, "M4": 100, "M5": 130, "M6": 160, "M7": 200}.get(bucket, 0)
    tiers = {"CURRENT": "NORMAL", "M1": "SPECIAL_MENTION", "M2": "SPECIAL_MENTION", "M3": "SPECIAL_MENTION"}
    plain: dict[str, Any] = {
        "product": "consumer",
        "kind": "CONSUMER",
        "currency": "CNY",
        "vintage": date(2025, 1, 1),
        "months_on_book": 12,
        "status": bucket if bucket in ENDED else "ACTIVE",
        "bucket_before": bucket,
        "bucket": bucket,
        "classification": tiers.get(bucket, "SUBSTANDARD"),
        "stage": "1" if days < 31 else "2" if days < 91 else "3",
        "days_past_due": days,
        "effective_days_past_due": days,
        "worst_days_past_due": days,
        "is_restructured": False,
        "is_prepaid": False,
        "annual_rate": Decimal("0.12"),
        **dict.fromkeys(MINOR, 0),
    }
    return LoanMonth.objects.create(month=month, loan_id=loan_id, **{**plain, **given})


def moved(month: date, moves: Mapping[tuple[str, str], int], *, product: str = "consumer") -> None:
    """How many loans of a product moved from which bucket to which; those that are SETTLED were settled early."""
    for (before, bucket), loans in moves.items():
        PortfolioMonth.objects.create(
            month=month,
            product=product,
            currency="CNY",
            bucket_before=before,
            bucket=bucket,
            loans=loans,
            prepaid_loans=loans if bucket == "SETTLED" else 0,
            **dict.fromkeys(("ever_30", "ever_60", "ever_90", "restructured_loans"), 0),
            **dict.fromkeys(SUMS, 0),
        )

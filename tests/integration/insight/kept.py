"""A snapshot written by hand, as the close would write it: loans month by month, and their sums."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Model

from collections_mgmt.models import Dimension, LoanMonth, PortfolioMonth, PortfolioSlice
from collections_mgmt.services.snapshot.cures_sql import write_cures
from collections_mgmt.services.snapshot.partitions import ensure_month
from dashu.kernel.dates import add_months

GONE = ("SETTLED", "CHARGED_OFF", "WRITTEN_OFF", "SOLD")
AMOUNTS = [
    *("original_minor", "principal_before_minor", "principal_minor", "interest_due_minor", "fee_due_minor"),
    *("penalty_minor", "suspended_minor", "accrued_minor", "overdue_minor", "disbursed_minor", "expected_minor"),
    *("paid_principal_minor", "paid_interest_minor", "paid_fee_minor", "paid_penalty_minor", "prepaid_minor"),
    *("waived_minor", "written_off_minor", "recovered_minor"),
]
DAYS = {"CURRENT": 0, "M1": 15, "M2": 45, "M3": 75, "M4": 105, "M5": 135, "M6": 165, "M7": 200}


def month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def loan_month(loan_id: int, of: str, before: str, bucket: str, **fields: Any) -> LoanMonth:
    """
    One loan at the end of one month. Amounts are 0 and texts empty unless given.

    Without other word it was lent as much as is owed before (or at the end), and was never further behind than now.
    """
    on = month(of)
    days = fields.pop("days", DAYS.get(bucket, 0))
    principal = fields.get("principal_minor", 0)
    lent = fields.get("principal_before_minor", 0) or principal
    vintage = month(fields.pop("vintage", of))
    given = {
        **dict.fromkeys(AMOUNTS, 0),
        **dict.fromkeys(("region", "sector", "channel", "risk_band", "cause", "classification", "stage"), ""),
        "product": "consumer",
        "kind": "CONSUMER",
        "currency": "CNY",
        "vintage": vintage,
        "months_on_book": (on.year - vintage.year) * 12 + on.month - vintage.month,
        "status": bucket if bucket in GONE else "ACTIVE",
        "days_past_due": days,
        "effective_days_past_due": days,
        "worst_days_past_due": days,
        "is_restructured": False,
        "is_prepaid": False,
        "annual_rate": "0.18",
        "all_in_rate": None,
        "original_minor": lent,
        "overdue_principal_minor": 0,
    }
    return LoanMonth(month=on, loan_id=loan_id, bucket_before=before, bucket=bucket, **{**given, **fields})


def keep(rows: Iterable[LoanMonth], *, also: Iterable[str] = ()) -> list[LoanMonth]:
    """Write the rows and what follows from them. :param also: months in which no loan was there."""
    kept = list(rows)
    for on in sorted({row.month for row in kept} | {month(text) for text in also}):
        ensure_month(on)
    LoanMonth.objects.bulk_create(kept)
    _write(PortfolioMonth, _sums(kept))
    _write(PortfolioSlice, _slices(kept))
    with connection.cursor() as cursor:
        for on in sorted({row.month for row in kept}):
            write_cures(cursor, month=on)
    return LoanMonth.objects.order_by("month", "loan_id").all()


def _parts(row: LoanMonth) -> Iterable[tuple[str, str]]:
    yield Dimension.ALL, ""
    for each in (Dimension.REGION, Dimension.SECTOR, Dimension.CHANNEL, Dimension.RISK_BAND):
        yield each, getattr(row, each)
    yield Dimension.VINTAGE, row.vintage.isoformat()
    if row.days_past_due:
        yield Dimension.CAUSE, row.cause


def _sums(rows: list[LoanMonth]) -> dict[tuple, dict[str, int]]:
    names = ("month", "product", "currency", "dimension", "value", "bucket_before", "bucket")
    found: dict[tuple, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        for dimension, value in _parts(row):
            key = (row.month, row.product, row.currency, str(dimension), value, row.bucket_before, row.bucket)
            sums = found[tuple(zip(names, key, strict=True))]
            sums["loans"] += 1
            for name in AMOUNTS:
                sums[name] += getattr(row, name)
            for days in (30, 60, 90):
                is_late = row.worst_days_past_due > days
                sums[f"ever_{days}"] += is_late
                sums[f"ever_{days}_original_minor"] += row.original_minor if is_late else 0
            sums["prepaid_loans"] += row.is_prepaid
            sums["restructured_loans"] += row.is_restructured
    return found


def _slices(rows: list[LoanMonth]) -> dict[tuple, dict[str, int]]:
    """The last day of each month only."""
    names = ("business_date", "product", "currency", "dimension", "value", "bucket")
    found: dict[tuple, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row.bucket in GONE:
            continue
        on = add_months(row.month, 1) - timedelta(days=1)
        for dimension, value in _parts(row):
            if dimension == Dimension.CAUSE:
                continue
            key = (on, row.product, row.currency, str(dimension), value, row.bucket)
            sums = found[tuple(zip(names, key, strict=True))]
            sums["loans"] += 1
            sums["principal_minor"] += row.principal_minor
            sums["exposure_minor"] += row.principal_minor
            sums["overdue_minor"] += row.overdue_minor
    return found


def _write(model: type[Model], sums: dict[tuple, dict[str, int]]) -> None:
    model._default_manager.bulk_create([model(**dict(key), **amounts) for key, amounts in sums.items()])

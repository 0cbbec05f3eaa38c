"""
A book of months as the close would have kept it: made by hand, so that every figure of it can be told beforehand.

Three regions of one product. In the first three months a loan in ten falls behind each month; from the fourth on, in
the region `HAIHE`, one in two does. Who is behind goes on falling behind, but for one in three, who comes back.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from collections_mgmt.models import LoanMonth, PortfolioMonth
from collections_mgmt.models.snapshot import Dimension
from collections_mgmt.services.snapshot.partitions import ensure_month
from dashu.kernel.dates import add_months

FIRST = date(2026, 1, 1)
MONTHS = 6
REGIONS = ("BEIHAI", "HAIHE", "")
SHOCK_REGION, SHOCK_FROM = "HAIHE", 3
BUCKETS = ((0, "CURRENT"), (30, "M1"), (60, "M2"), (90, "M3"), (10_000, "M4+"))
_AMOUNTS = [
    field.name
    for field in PortfolioMonth._meta.get_fields()
    if field.name.endswith("_minor") and not field.name.startswith("ever_")
]


def month_of(number: int) -> date:
    return add_months(FIRST, number)


def bucket_of(days: int) -> str:
    return next(code for most, code in BUCKETS if days <= most)


def loan_months(loans: int = 120, months: int = MONTHS) -> list[LoanMonth]:
    return [row for loan in range(1, loans + 1) for row in _life(loan, months)]


def keep(rows: Iterable[LoanMonth]) -> None:
    """Write the months, and their sums by every dimension."""
    rows = list(rows)
    for month in sorted({row.month for row in rows}):
        ensure_month(month)
    LoanMonth.objects.bulk_create(rows)
    PortfolioMonth.objects.bulk_create(sums_of(rows))


def sums_of(rows: Iterable[LoanMonth]) -> list[PortfolioMonth]:
    sums: dict[tuple[Any, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        for dimension in Dimension:
            if dimension == Dimension.CAUSE and not row.days_past_due:
                continue
            value = _value(row, dimension)
            cell = sums[row.month, row.product, row.currency, str(dimension), value, row.bucket_before, row.bucket]
            cell["loans"] += 1
            cell["prepaid_loans"] += row.is_prepaid
            cell["restructured_loans"] += row.is_restructured
            for days in (30, 60, 90):
                is_ever = row.worst_days_past_due > days
                cell[f"ever_{days}"] += is_ever
                cell[f"ever_{days}_original_minor"] += is_ever * row.original_minor
            for name in _AMOUNTS:
                cell[name] += getattr(row, name)
    names = ("month", "product", "currency", "dimension", "value", "bucket_before", "bucket")
    return [PortfolioMonth(**dict(zip(names, key, strict=True)), **cell) for key, cell in sums.items()]


def _life(loan: int, months: int) -> Iterable[LoanMonth]:
    region = REGIONS[loan % 3]
    chance = random.Random(loan)
    days = worst = 0
    principal = original = 10_000_00 + loan * 100
    bucket = "NEW"
    for number in range(months):
        month = month_of(number)
        one_in = 2 if region == SHOCK_REGION and number >= SHOCK_FROM else 10
        if days == 0:
            days = 15 if chance.randrange(one_in) == 0 else 0
        else:
            days = 0 if chance.randrange(3) == 0 else days + 30
        worst = max(worst, days)
        before, paid = principal, (0 if days else original // 24)
        principal -= paid
        overdue = original // 24 * (-(-days // 30))
        after = bucket_of(days)
        yield LoanMonth(
            month=month,
            loan_id=loan,
            product="consumer",
            kind="CONSUMER",
            currency="CNY",
            region=region,
            sector="TRADE" if loan % 2 else "",
            channel="ONLINE",
            risk_band="ABC"[loan % 3],
            cause=("SHOCK" if region == SHOCK_REGION else "UNKNOWN") if days else "",
            vintage=FIRST,
            months_on_book=number,
            status="ACTIVE",
            bucket_before=bucket,
            bucket=after,
            classification="NORMAL" if days <= 30 else "SPECIAL_MENTION",
            stage="1" if days <= 30 else "2",
            days_past_due=days,
            effective_days_past_due=days,
            worst_days_past_due=worst,
            is_restructured=False,
            is_prepaid=False,
            annual_rate=Decimal("0.18"),
            all_in_rate=None if loan % 5 == 0 else Decimal("0.195618"),
            original_minor=original,
            principal_before_minor=0 if number == 0 else before,
            principal_minor=principal,
            interest_due_minor=overdue // 10,
            fee_due_minor=0,
            penalty_minor=days,
            suspended_minor=0,
            accrued_minor=7,
            overdue_minor=overdue + overdue // 10,
            overdue_principal_minor=overdue,
            disbursed_minor=original if number == 0 else 0,
            expected_minor=original // 24,
            paid_principal_minor=paid,
            paid_interest_minor=paid // 10,
            paid_fee_minor=0,
            paid_penalty_minor=0,
            prepaid_minor=0,
            waived_minor=0,
            written_off_minor=0,
            recovered_minor=0,
        )
        bucket = after


def _value(row: LoanMonth, dimension: str) -> str:
    if dimension == Dimension.VINTAGE:
        return row.vintage.isoformat()
    return getattr(row, dimension) if dimension else ""

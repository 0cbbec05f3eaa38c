"""A book made by dice, always the same: large enough that every way a loan can go is gone by some."""

import random
from decimal import Decimal

from collections_mgmt.models import LoanMonth
from dashu.kernel.dates import add_months
from tests.integration.insight.kept import DAYS, GONE, loan_month, month

FIRST, LAST = month("2025-07"), month("2026-04")
MONTHS = [add_months(FIRST, number) for number in range(10)]
ORDER = list(DAYS)


def dice_book() -> list[LoanMonth]:
    """Eighty loans that go their way month by month: behind, back, settled, charged off, some of them back again."""
    dice = random.Random(12)
    rows = []
    for loan_id in range(1, 81):
        vintage = dice.choice(MONTHS[:7])
        fixed = {
            "vintage": f"{vintage:%Y-%m}",
            "region": dice.choice(["110000", "440000", ""]),
            "product": dice.choice(["consumer", "sme"]),
            "all_in_rate": dice.choice([None, Decimal("0.12"), Decimal("0.21"), Decimal("0.24"), Decimal("0.25")]),
        }
        lent = principal = dice.randrange(10_000, 900_000)
        bucket, worst = "CURRENT", 0
        for on in (each for each in MONTHS if each >= vintage):
            before, before_principal = ("NEW", 0) if on == vintage else (bucket, principal)
            if before in GONE:
                if dice.random() < 0.9:
                    continue
                bucket, principal = "M1", lent // 2
                before_principal = 0
            elif on > vintage:
                bucket = _moved(dice, bucket)
            paid = 0 if bucket == "CHARGED_OFF" else min(principal, dice.randrange(0, lent // 5))
            if bucket == "SETTLED":
                paid = principal
            prepaid = paid // 3 if bucket in ("CURRENT", "SETTLED") else 0
            principal -= paid
            if bucket == "CHARGED_OFF":
                principal = 0
            worst = max(worst, DAYS.get(bucket, 0))
            rows.append(
                loan_month(
                    *(loan_id, f"{on:%Y-%m}", before, bucket),
                    **fixed,
                    original_minor=lent,
                    principal_before_minor=before_principal,
                    principal_minor=principal,
                    overdue_minor=principal // 7 if DAYS.get(bucket) else 0,
                    worst_days_past_due=worst,
                    expected_minor=lent // 6,
                    paid_principal_minor=paid,
                    paid_interest_minor=paid // 9,
                    paid_fee_minor=paid // 50,
                    paid_penalty_minor=paid // 90,
                    prepaid_minor=prepaid,
                    recovered_minor=7 if before in GONE else 0,
                    is_prepaid=bucket == "SETTLED",
                )
            )
    return rows


def _moved(dice: random.Random, bucket: str) -> str:
    """Where a running loan is a month later."""
    place, luck = ORDER.index(bucket), dice.random()
    if luck < 0.04:
        return "SETTLED"
    if place == len(ORDER) - 1:
        return "CHARGED_OFF" if luck < 0.5 else bucket
    if luck < 0.35:
        return ORDER[place + 1]
    return "CURRENT" if luck < 0.6 else bucket

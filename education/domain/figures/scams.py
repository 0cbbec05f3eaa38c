"""What an agent's fee costs, and what it would have paid at the lender."""

from collections.abc import Mapping
from decimal import Decimal

from dashu.finance.rounding import Rounding, to_minor
from education.domain.figures.writing import quoted_percent, yuan
from education.domain.own import late_cost

DEBT, OVERDUE_PRINCIPAL = 20_000_00, 3_000_00
FEE_SHARE, FEE_SHARE_AGAIN = Decimal("0.15"), Decimal("0.2")
WAITING_DAYS = 60
INSTALLMENT = 1_000_00
PENALTY_RATE = Decimal("0.24")


def fee(share: Decimal = FEE_SHARE) -> int:
    return to_minor(DEBT * share, Rounding.HALF_UP)


def figures() -> Mapping[str, str]:
    penalty = late_cost(OVERDUE_PRINCIPAL, WAITING_DAYS)
    return {
        "debt": yuan(DEBT),
        "overdue_principal": yuan(OVERDUE_PRINCIPAL),
        "fee_share": quoted_percent(FEE_SHARE),
        "fee_share_again": quoted_percent(FEE_SHARE_AGAIN),
        "fee": yuan(fee()),
        "fee_again": yuan(fee(FEE_SHARE_AGAIN)),
        "penalty_rate": quoted_percent(PENALTY_RATE),
        "waiting_days": str(WAITING_DAYS),
        "penalty": yuan(penalty),
        "worse_off": yuan(fee() + penalty),
        "worse_off_again": yuan(fee(FEE_SHARE_AGAIN) + penalty),
        "installment": yuan(INSTALLMENT),
        "installments_paid": str(fee() // INSTALLMENT),
        "installments_paid_again": str(fee(FEE_SHARE_AGAIN) // INSTALLMENT),
        "zero": yuan(0),
    }

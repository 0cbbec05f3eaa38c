"""What days past due mean on a date, by the lender's policy."""

from contextlib import suppress
from datetime import date

from collections_mgmt.services.overdue_sql import Scales
from dashu.finance.arrears import Scale
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from loans.models import Product


def scales_on(on: date) -> Scales:
    return Scales(
        buckets=policy.delinquency_buckets(on),
        tiers={kind: policy.five_tier(kind, on) for kind in Product.Kind.values},
        stages=_stages(on),
        levels=policy.case_levels(on),
    )


def floors_on(flag: str, on: date) -> tuple[str, str]:
    """Return the best class and the best stage of a loan with a flag; "" where the rules hold it at none."""
    tier = stage = ""
    with suppress(PolicyRuleMissing):
        tier = policy.classification_floors(on).get(flag, "")
    with suppress(PolicyRuleMissing):
        stage = policy.impairment_stages(on).floors.get(flag, "")
    return tier, stage


def _stages(on: date) -> Scale | None:
    try:
        return policy.impairment_stages(on).by_days
    except PolicyRuleMissing:
        return None

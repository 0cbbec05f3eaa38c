"""
By what the sums of the book are split, as SQL for every statement that keeps the snapshot.

The statement has a row `loan` with the columns of `loans_loan` that are named here, and gives the parameters of
`dimension_values`. What is known of a loan's region, sector and risk is what is known now: it has no history.
"""

from datetime import date
from typing import Any

from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing

# The decision on a loan is the one that its chosen offer was made by; loans that came otherwise have none.
JOINS = """
    LEFT JOIN collections_mgmt_borrowerplace AS place ON place.borrower_id = loan.borrower_id
    LEFT JOIN loans_tranche AS tranche ON tranche.loan_id = loan.loan_id
        AND tranche.loan_id >= %(first)s AND tranche.loan_id < %(end)s
    LEFT JOIN loans_loancontract AS signed ON signed.id = tranche.contract_id
    LEFT JOIN loans_offer AS chosen ON chosen.id = signed.offer_id
    LEFT JOIN loans_creditreview AS decision ON decision.id = chosen.review_id
"""

REGION = "COALESCE(place.region, '')"
SECTOR = "COALESCE(place.sector, '')"
CHANNEL = """
    CASE WHEN loan.source <> '' THEN 'TAKEOVER' WHEN loan.partner_id IS NOT NULL THEN 'PARTNER'
         WHEN tranche.loan_id IS NOT NULL THEN 'WEB' ELSE 'STAFF' END
"""
RISK_BAND = """
    COALESCE((%(risk_codes)s::text[])[width_bucket(decision.score, %(risk_starts)s::int[])], '')
"""
VINTAGE = "date_trunc('month', loan.starts_on)::date"
ALL_IN_RATE = "round((chosen.sheet ->> 'effective_rate')::numeric, 6)"


def dimension_values(on: date) -> dict[str, Any]:
    """Return the parameters of the fragments, by the rules of a day; without a rule no loan has a risk band."""
    try:
        bands = policy.risk_bands(on)
    except PolicyRuleMissing:
        bands = ()
    return {
        "risk_starts": [from_points for from_points, _code in bands] or [0],
        "risk_codes": [code for _from_points, code in bands] or [""],
    }

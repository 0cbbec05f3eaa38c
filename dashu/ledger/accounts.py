"""
The codes of the standard accounts that services name. `chart.yaml` says what each one is.

A standard account is a role: the chart may have a part of it, such as `1301.01`, take its place for one product; see
`dashu.ledger.chart.accounts_for`. What a role holds is the sum of its account and all its parts.
"""

CASH = "1001"
SUSPENSE = "1009"
LOAN_PRINCIPAL = "1301"
INTEREST_RECEIVABLE = "1311"
FEE_RECEIVABLE = "1312"
PENALTY_RECEIVABLE = "1313"
REFUND_RECEIVABLE = "1314"
ACCRUED_INTEREST = "1315"
LOAN_LOSS_PROVISION = "1390"
BORROWER_CREDIT = "2201"
UNIDENTIFIED_RECEIPTS = "2209"
TAKEOVER_CLEARING = "3901"
CONSOLIDATION_CLEARING = "3902"
INTEREST_INCOME = "4001"
FEE_INCOME = "4002"
PENALTY_INCOME = "4003"
RECOVERY_INCOME = "4004"
SALE_RESULT = "4005"
WAIVER_EXPENSE = "5001"
CHARGE_OFF_EXPENSE = "5002"
PROVISION_EXPENSE = "5003"
SUSPENDED_INTEREST = "9001"
SUSPENDED_INTEREST_CONTRA = "9002"

STANDARD = frozenset(code for name, code in list(globals().items()) if name.isupper())


def role_of(code: str) -> str:
    """Return the standard account that an account is, or is a part of: "1301.01" → "1301"."""
    return code.partition(".")[0]


def parent_of(code: str) -> str | None:
    """Return the account that this one is a direct part of, None for one that stands alone: "1301.01" → "1301"."""
    return code.rpartition(".")[0] or None

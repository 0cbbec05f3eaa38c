"""
Schedules, money received and what it paid.

Every table that grows with the book starts its key with the loan, so that it can be partitioned by loan. A schedule
is a version: when it changes, a new version carries all rows on and the old one stays readable.
"""

from repayments.models.autopay import AutopayAttempt, AutopayMandate
from repayments.models.balances import LoanBalance
from repayments.models.bank_statements import (
    BankAccount,
    BankExplanation,
    BankFileDraft,
    BankLine,
    BankMatch,
    BankStatement,
)
from repayments.models.checkouts import Chargeback, Checkout, GatewayCallback
from repayments.models.corrections import CorrectionBatch, CorrectionRow
from repayments.models.documents import IssuedDocument, IssuedFile
from repayments.models.events import LoanEvent, Restatement
from repayments.models.payment_groups import PaymentGroup, PaymentGroupPart
from repayments.models.payments import Channel, Disbursement, Payment, PaymentAllocation
from repayments.models.payoff_quotes import PayoffCheckout, PayoffQuote
from repayments.models.payouts import Payout, PayoutQuerySet
from repayments.models.reconciliations import ReconciliationDay
from repayments.models.schedules import Installment, InstallmentMovement, ScheduleVersion
from repayments.models.virtual_accounts import VirtualAccount
from repayments.models.withdrawals import Withdrawal, WithdrawalQuerySet

__all__ = [
    "AutopayAttempt",
    "AutopayMandate",
    "BankAccount",
    "BankExplanation",
    "BankFileDraft",
    "BankLine",
    "BankMatch",
    "BankStatement",
    "Channel",
    "Chargeback",
    "Checkout",
    "CorrectionBatch",
    "CorrectionRow",
    "Disbursement",
    "GatewayCallback",
    "Installment",
    "InstallmentMovement",
    "IssuedDocument",
    "IssuedFile",
    "LoanBalance",
    "LoanEvent",
    "Payment",
    "PaymentAllocation",
    "PaymentGroup",
    "PaymentGroupPart",
    "PayoffCheckout",
    "PayoffQuote",
    "Payout",
    "PayoutQuerySet",
    "ReconciliationDay",
    "Restatement",
    "ScheduleVersion",
    "VirtualAccount",
    "Withdrawal",
    "WithdrawalQuerySet",
]

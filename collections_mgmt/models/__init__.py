"""Overdue status and its history, cases, the nightly close, and what borrowers ask and object to."""

from collections_mgmt.models.agreements import Arrangement, ArrangementPart, Settlement, SettlementPart
from collections_mgmt.models.asked import HardshipLoan, HardshipRequest
from collections_mgmt.models.book import (
    CloseRange,
    CloseRun,
    CollectionCase,
    CreditRecordMonth,
    Hold,
    LoanSignal,
    OverdueChange,
    OverdueStatus,
    OverdueStatusQuerySet,
    PortfolioDay,
    PromiseToPay,
)
from collections_mgmt.models.care import Vulnerability
from collections_mgmt.models.complaints import Complaint, ComplaintMessage
from collections_mgmt.models.disputes import Dispute

__all__ = [
    "Arrangement",
    "ArrangementPart",
    "CloseRange",
    "CloseRun",
    "CollectionCase",
    "Complaint",
    "ComplaintMessage",
    "CreditRecordMonth",
    "Dispute",
    "HardshipLoan",
    "HardshipRequest",
    "Hold",
    "LoanSignal",
    "OverdueChange",
    "OverdueStatus",
    "OverdueStatusQuerySet",
    "PortfolioDay",
    "PromiseToPay",
    "Settlement",
    "SettlementPart",
    "Vulnerability",
]

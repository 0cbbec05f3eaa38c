"""Overdue status and its history, cases, the nightly close, and what borrowers ask and object to."""

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
from collections_mgmt.models.complaints import Complaint, ComplaintMessage
from collections_mgmt.models.desk import BucketMove, DeskDay, DeskFigure, LoanMove
from collections_mgmt.models.disputes import Dispute

__all__ = [
    "BucketMove",
    "CloseRange",
    "CloseRun",
    "CollectionCase",
    "Complaint",
    "ComplaintMessage",
    "CreditRecordMonth",
    "DeskDay",
    "DeskFigure",
    "Dispute",
    "HardshipLoan",
    "HardshipRequest",
    "Hold",
    "LoanMove",
    "LoanSignal",
    "OverdueChange",
    "OverdueStatus",
    "OverdueStatusQuerySet",
    "PortfolioDay",
    "PromiseToPay",
]

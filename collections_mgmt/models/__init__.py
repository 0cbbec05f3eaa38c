"""Overdue status and its history, cases, the nightly close, and what borrowers ask and object to."""

from collections_mgmt.models.agreements import Arrangement, ArrangementPart, Settlement, SettlementPart
from collections_mgmt.models.asked import HardshipLoan, HardshipRequest
from collections_mgmt.models.attachments import FileAttachment, FileAttachmentQuerySet
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
from collections_mgmt.models.desk import (
    STEER,
    WORK,
    CaseFile,
    CaseFileEvent,
    CaseFileQuerySet,
    CollectorProfile,
    FileWork,
    SavedFilter,
    Skill,
    Team,
    works_files,
)
from collections_mgmt.models.desk_figures import BucketMove, DeskDay, DeskFigure, LoanMove
from collections_mgmt.models.disputes import Dispute
from collections_mgmt.models.legal import LegalCase, LegalStep
from collections_mgmt.models.losses import LossClaim
from collections_mgmt.models.placing import Agency, AgencyFile, AgencyRate, Placement
from collections_mgmt.models.quality import REVIEW, QualityDraw, QualityReview
from collections_mgmt.models.scripts import ScriptVersion
from collections_mgmt.models.strategies import (
    WRITE_STRATEGY,
    Strategy,
    StrategyAct,
    StrategyDraw,
    StrategyPlace,
    StrategyRow,
    StrategyVersion,
    StrategyVersionQuerySet,
)

__all__ = [
    "REVIEW",
    "STEER",
    "WORK",
    "WRITE_STRATEGY",
    "Agency",
    "AgencyFile",
    "AgencyRate",
    "Arrangement",
    "ArrangementPart",
    "BucketMove",
    "CaseFile",
    "CaseFileEvent",
    "CaseFileQuerySet",
    "CloseRange",
    "CloseRun",
    "CollectionCase",
    "CollectorProfile",
    "Complaint",
    "ComplaintMessage",
    "CreditRecordMonth",
    "DeskDay",
    "DeskFigure",
    "Dispute",
    "FileAttachment",
    "FileAttachmentQuerySet",
    "FileWork",
    "HardshipLoan",
    "HardshipRequest",
    "Hold",
    "LegalCase",
    "LegalStep",
    "LoanMove",
    "LoanSignal",
    "LossClaim",
    "OverdueChange",
    "OverdueStatus",
    "OverdueStatusQuerySet",
    "Placement",
    "PortfolioDay",
    "PromiseToPay",
    "QualityDraw",
    "QualityReview",
    "SavedFilter",
    "ScriptVersion",
    "Settlement",
    "SettlementPart",
    "Skill",
    "Strategy",
    "StrategyAct",
    "StrategyDraw",
    "StrategyPlace",
    "StrategyRow",
    "StrategyVersion",
    "StrategyVersionQuerySet",
    "Team",
    "Vulnerability",
    "works_files",
]

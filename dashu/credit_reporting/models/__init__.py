from dashu.credit_reporting.models.consents import ReportingConsent
from dashu.credit_reporting.models.files import ReportingFile
from dashu.credit_reporting.models.records import (
    CorrectionSearch,
    RecordCorrection,
    RecordStatus,
    ReportedRecord,
    ReportedRecordQuerySet,
)

__all__ = [
    "CorrectionSearch",
    "RecordCorrection",
    "RecordStatus",
    "ReportedRecord",
    "ReportedRecordQuerySet",
    "ReportingConsent",
    "ReportingFile",
]

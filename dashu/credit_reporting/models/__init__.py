from dashu.credit_reporting.models.consents import ReportingConsent
from dashu.credit_reporting.models.files import ReportingFile
from dashu.credit_reporting.models.records import RecordCorrection, RecordStatus, ReportedRecord, ReportedRecordQuerySet

__all__ = [
    "RecordCorrection",
    "RecordStatus",
    "ReportedRecord",
    "ReportedRecordQuerySet",
    "ReportingConsent",
    "ReportingFile",
]

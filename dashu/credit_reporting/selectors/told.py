"""What a borrower sees of what was told about their loan, and what comes next."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from collections_mgmt.domain.credit_events import gone_months
from collections_mgmt.models import CreditRecordMonth
from collections_mgmt.selectors.credit_records import reading_of
from dashu.credit_reporting.models import RecordCorrection, RecordStatus, ReportedRecord, ReportingFile
from dashu.credit_reporting.selectors.beside import caught_up_by
from dashu.kernel.dates import add_months
from dashu.policy import rules as policy
from dashu.policy.credit_reporting import ReportingRules
from dashu.policy.selectors import PolicyRuleMissing
from loans.models import Loan

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Coming:
    """
    The next month that is told. :param told_by: the last day on which it is in time.

    :param code: as it is noted by now; "" while the month is not over.
    :param held_for: why it is held back, see `domain.telling.Held`.
    """

    month: date
    told_by: date
    code: str
    held_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """:param records: sent ones, the newest first, but for what lapsed. :param waiting: corrections on their way."""

    records: tuple[ReportedRecord, ...]
    coming: Coming | None
    waiting: tuple[RecordCorrection, ...]


def latest_told(loan_ids: Collection[int]) -> dict[int, tuple[date, datetime]]:
    """Return the latest month that was sent of each loan, and when; those of which nothing was are missing."""
    sent = ReportedRecord.objects.sent().filter(loan__in=loan_ids).order_by("loan_id", "-month", "-id")
    found = sent.distinct("loan_id").values_list("loan_id", "month", "file__sent_at")
    return {loan_id: (month, sent_at) for loan_id, month, sent_at in found if sent_at}


def told_of(loan: Loan, *, today: date) -> Told:
    noted = dict(CreditRecordMonth.objects.filter(loan=loan).values_list("month", "code"))
    reading = reading_of(today)
    gone = gone_months(
        noted,
        lambda code: reading.is_adverse(reading.kind_of(code)),
        caught_up=caught_up_by([loan.pk])[loan.pk],
        kept_years=policy.adverse_record(today).kept_years,
        today=today,
    )
    sent = ReportedRecord.objects.sent().filter(loan=loan).exclude(month__in=gone).select_related("file")
    try:
        rules = policy.credit_reporting(today)
    except PolicyRuleMissing:
        rules = None
    return Told(
        records=tuple(sent.order_by("-month", "-pk")[:SHOWN]),
        coming=_coming(loan, noted, rules, today) if rules else None,
        waiting=tuple(RecordCorrection.objects.filter(loan=loan, record=None).order_by("month")),
    )


def _coming(loan: Loan, noted: dict[date, str], rules: ReportingRules, today: date) -> Coming | None:
    """Return the oldest month that is noted or running and was not told; None for a loan that has ended and is told."""
    told = set(
        ReportedRecord.objects.sent()
        .filter(loan=loan, bureau=rules.bureau)
        .exclude(status__in=(RecordStatus.HELD, RecordStatus.DISCARDED))
        .values_list("month", flat=True)
    )
    held = ReportedRecord.objects.filter(loan=loan, bureau=rules.bureau, status=RecordStatus.HELD).order_by("month")
    if first := held.first():
        return Coming(first.month, rules.deadline_of(today), first.code, tuple(first.held_for))
    filed = ReportingFile.objects.filter(bureau=rules.bureau, kind=ReportingFile.Kind.MONTHLY).order_by("month")
    begin = filed.values_list("month", flat=True).first() or add_months(today.replace(day=1), -1)
    if waiting := [month for month in sorted(noted) if month not in told and month >= begin]:
        return Coming(waiting[0], rules.deadline_of(waiting[0]), noted[waiting[0]], ())
    if loan.status != Loan.Status.ACTIVE:
        return None
    return Coming(today.replace(day=1), rules.deadline_of(today), "", ())

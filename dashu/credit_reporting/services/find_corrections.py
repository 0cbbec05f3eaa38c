"""
What was told and is not true any more: found from what happened since, and each with its cause.

A month is looked at again when an event was booked that counts in it or before, when it is objected to or that was
answered, or when it was noted anew. What it would be told as now is held against what the bureau has.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import DateField, F, Min, Q
from django.db.models.functions import TruncMonth

from collections_mgmt.models import Dispute
from collections_mgmt.services.missed_credit_months import write_missed_month
from dashu.audit import services as audit
from dashu.credit_reporting.models import RecordCorrection, RecordStatus, ReportedRecord
from dashu.credit_reporting.services.drafting import Telling, drafts_of, telling_on
from dashu.kernel.dates import LENDER_ZONE, lender_date, month_end_of
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.services.booking import lock_loan

logger = logging.getLogger(__name__)

Cause = RecordCorrection.Cause
_MONEY = ("PAYMENT", "PROCEEDS", "PREPAYMENT", "SETTLEMENT", "RECOVERY", "REVERSAL", "REFUND")


@dataclass(frozen=True, slots=True)
class Touched:
    """
    Something that happened to a loan.

    :param since: the first day whose month may be told otherwise.
    :param month: the only such month; None for all later ones, too.
    """

    cause: str
    reference: str
    since: date
    month: date | None = None

    def reaches(self, month: date) -> bool:
        return self.since.replace(day=1) <= month if self.month is None else self.month == month


@dataclass(frozen=True, slots=True)
class Found:
    """:param corrections: how many are new. :param left: loans that could not be compared; the log says why."""

    corrections: int
    left: list[int]


def find_corrections(*, since: datetime, now: datetime, actor: str) -> Found:
    """
    Keep a correction for each month that was accepted and would be told otherwise now.

    A loan that cannot be compared is left, and keeps none of the others waiting.

    :param since: what was booked, asked or answered from this moment on is looked at.
    """
    telling = telling_on(lender_date(now))
    found = 0
    left: list[int] = []
    for loan_id, touches in sorted(_touched(since).items()):
        try:
            found += _compare(telling, loan_id, touches, now=now, actor=actor)
        except Exception:
            logger.exception("Loan %s could not be held against what was told of it", loan_id)
            left.append(loan_id)
    return Found(found, left)


@transaction.atomic
def _compare(telling: Telling, loan_id: int, touches: list[Touched], *, now: datetime, actor: str) -> int:
    lock_loan(loan_id)
    first = min(touch.since for touch in touches).replace(day=1)
    told = {
        record.month: record
        for record in ReportedRecord.objects.filter(
            bureau=telling.rules.bureau,
            loan=loan_id,
            month__gte=first,
            status__in=(RecordStatus.ACCEPTED, RecordStatus.IN_FILE),
        ).order_by("status")  # ACCEPTED before IN_FILE: what is on its way is what it will be held against
    }
    booked = [touch for touch in touches if touch.cause != Cause.DISPUTE]
    for month in sorted(told):
        if any(touch.reaches(month) for touch in booked):
            write_missed_month(loan_id=loan_id, month_end=month_end_of(month))
    found = 0
    for month, record in sorted(told.items()):
        if touched := _cause_of(touches, month):
            found += _one(telling, record, touched, now=now, actor=actor)
    return found


def _cause_of(touches: list[Touched], month: date) -> Touched | None:
    """Return what is named as the cause: an objection before what was booked because of it, then the earliest."""
    reaching = [touch for touch in touches if touch.reaches(month)]
    return min(reaching, key=lambda touch: (touch.cause != Cause.DISPUTE, touch.since), default=None)


def _one(telling: Telling, record: ReportedRecord, touched: Touched, *, now: datetime, actor: str) -> bool:
    draft = next(drafts_of(telling, Loan.objects.filter(pk=record.loan_id), month=record.month), None)
    changed = differences(record.told, draft.told) if draft else {}
    waiting = RecordCorrection.objects.filter(
        bureau=record.bureau, loan=record.loan_id, month=record.month, record=None
    ).first()
    if not changed:
        return False
    if waiting:
        RecordCorrection.objects.filter(pk=waiting.pk).update(changed=changed)
        return False
    due_on = lender_date(now) + timedelta(days=telling.rules.mark_days)
    RecordCorrection.objects.create(
        bureau=record.bureau,
        loan_id=record.loan_id,
        month=record.month,
        cause=touched.cause,
        cause_reference=touched.reference,
        changed=changed,
        found_at=now,
        due_on=due_on,
    )
    audit.record(
        action="credit_reporting.correction_found",
        subject_type="loan",
        subject_id=record.loan_id,
        actor=actor,
        data={"month": record.month, "cause": touched.cause, "changed": changed},
    )
    return True


def differences(told: Mapping[str, str], now: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the fields that differ, each with what was told and what is true now."""
    return {
        code: [told.get(code, ""), now.get(code, "")]
        for code in now
        if told.get(code, "") != now.get(code, "") and code not in _NOT_COMPARED
    }


_NOT_COMPARED = ("consent",)


def _touched(since: datetime) -> Mapping[int, list[Touched]]:
    """Return the loans that something happened to, with all of it."""
    found: dict[int, list[Touched]] = defaultdict(list)
    for loan_id, touch in [*_events(since), *_disputes(since)]:
        found[loan_id].append(touch)
    return found


def _events(since: datetime) -> Iterator[tuple[int, Touched]]:
    """
    Yield what was booked after the month in which it counts; a reversal counts from the day of what it undoes.

    Whatever was booked within its own month was there when the month was noted.
    """
    booked = LoanEvent.objects.filter(posted_at__gte=since).annotate(
        booked_month=TruncMonth("posted_at", tzinfo=LENDER_ZONE, output_field=DateField())
    )
    events = booked.filter(Q(effective_on__lt=F("booked_month")) | Q(kind=LoanEvent.Kind.REVERSAL))
    for event in events.order_by("pk").iterator():
        from_on = event.effective_on
        if event.kind == LoanEvent.Kind.REVERSAL and (undone := event.data.get("event")):
            from_on = LoanEvent.objects.filter(pk=undone).aggregate(on=Min("effective_on"))["on"] or from_on
        yield event.loan_id, Touched(Cause.PAYMENT if event.kind in _MONEY else Cause.ACT, str(event.pk), from_on)


def _disputes(since: datetime) -> Iterator[tuple[int, Touched]]:
    changed = Dispute.objects.filter(Q(asked_at__gte=since) | Q(answered_at__gte=since) | Q(stated_at__gte=since))
    for dispute in changed.select_related("loan").order_by("pk").iterator():
        from_on = dispute.month or dispute.loan.starts_on
        yield dispute.loan_id, Touched(Cause.DISPUTE, dispute.reference, from_on, dispute.month)

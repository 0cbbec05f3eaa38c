"""The file of a month: every loan that has a sign for it, once."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import CloseRun, CreditRecordMonth
from dashu.credit_reporting.models import RecordStatus, ReportedRecord, ReportingFile
from dashu.credit_reporting.services.drafting import Telling, drafts_of, id_ranges, telling_on
from dashu.credit_reporting.services.tell_held import tell_held
from dashu.credit_reporting.services.writing import Entry, one_at_a_time, write_file
from dashu.credit_reporting.stored_files import new_name
from dashu.kernel.dates import lender_date, month_end_of
from dashu.kernel.errors import DomainError
from loans.models import Loan


class MonthNotClosed(DomainError):
    """The last day of the month was not closed yet, so nothing is noted of it."""

    code = "month_not_closed"
    http_status = 409


def build_month(*, month: date, now: datetime, actor: str) -> ReportingFile:
    """
    Write the file of a month; built before, that file is returned and nothing changes.

    What may not be told yet is held back, with the reason; whoever was not told before is told now.

    :param month: a day of it.
    :raises MonthNotClosed: see there.
    :raises PolicyRuleMissing: no bureau is told of loans under today's rules.
    """
    month, today = month.replace(day=1), lender_date(now)
    telling = telling_on(today)
    with new_name(on=today) as name, one_at_a_time(telling.rules.bureau):
        if earlier := _built(telling.rules.bureau, month):
            return earlier
        if not CloseRun.objects.filter(business_date=month_end_of(month), status=CloseRun.Status.CLOSED).exists():
            raise MonthNotClosed(_("The last day of this month is not closed yet."), field="month")
        file = write_file(
            telling,
            _entries(telling, month),
            name=name,
            month=month,
            kind=ReportingFile.Kind.MONTHLY,
            deadline_on=telling.rules.deadline_of(month),
            now=now,
            actor=actor,
        )
        tell_held(file, now=now)
        return file


def _built(bureau: str, month: date) -> ReportingFile | None:
    found = ReportingFile.objects.filter(bureau=bureau, month=month, kind=ReportingFile.Kind.MONTHLY)
    return found.exclude(status=ReportingFile.Status.DISCARDED).first()


def untold(bureau: str, month: date) -> QuerySet[Loan]:
    """Return the loans that have a sign for a month, and no record of it that counts."""
    noted = CreditRecordMonth.objects.filter(loan=OuterRef("pk"), month=month)
    told = ReportedRecord.objects.filter(bureau=bureau, loan=OuterRef("pk"), month=month)
    return Loan.objects.filter(Exists(noted)).exclude(Exists(told.exclude(status=RecordStatus.DISCARDED)))


def _entries(telling: Telling, month: date) -> Iterator[Entry]:
    for loans in id_ranges(untold(telling.rules.bureau, month)):
        for draft in drafts_of(telling, loans, month=month):
            yield Entry(draft)

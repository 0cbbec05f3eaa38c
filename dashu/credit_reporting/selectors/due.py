"""What has to go to the bureau by when: months, corrections, and resubmissions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Min

from collections_mgmt.models import CloseRun, CreditRecordMonth
from dashu.credit_reporting.models import RecordCorrection, ReportingFile
from dashu.kernel.dates import add_months, month_end_of
from dashu.policy.credit_reporting import ReportingRules

LOOKED_BACK = 3  # months


@dataclass(frozen=True, slots=True)
class DueMonth:
    """:param file: its file; None where none was built."""

    month: date
    deadline_on: date
    file: ReportingFile | None

    @property
    def is_sent(self) -> bool:
        return self.file is not None and self.file.sent_at is not None

    def is_pressing_on(self, today: date, warn_days: int) -> bool:
        return not self.is_sent and (self.deadline_on - today).days <= warn_days


def due_months(rules: ReportingRules, *, today: date) -> Iterator[DueMonth]:
    """Yield the last months whose end was closed and for which something is noted, the oldest first."""
    files = {
        file.month: file
        for file in ReportingFile.objects.filter(
            bureau=rules.bureau, kind=ReportingFile.Kind.MONTHLY, month__gte=add_months(today, -LOOKED_BACK - 1)
        ).exclude(status=ReportingFile.Status.DISCARDED)
    }
    for back in range(LOOKED_BACK, 0, -1):
        month = add_months(today.replace(day=1), -back)
        is_closed = CloseRun.objects.filter(business_date=month_end_of(month), status=CloseRun.Status.CLOSED).exists()
        if month in files or (is_closed and CreditRecordMonth.objects.filter(month=month).exists()):
            yield DueMonth(month, rules.deadline_of(month), files.get(month))


def corrections_due_on(bureau: str) -> date | None:
    """Return the day by which the most pressing correction has to be told; None where none waits."""
    waiting = RecordCorrection.objects.filter(bureau=bureau, record=None)
    found: date | None = waiting.aggregate(first=Min("due_on"))["first"]
    return found

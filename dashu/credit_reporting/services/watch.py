"""What the day has to do for the bureau: months that are due, corrections that were found, and clocks that run out."""

from datetime import datetime, timedelta

from dashu.alerts.services import end_alert, raise_alert
from dashu.credit_reporting.models import CorrectionSearch, RecordCorrection, ReportingFile
from dashu.credit_reporting.selectors.due import corrections_due_on, due_months
from dashu.credit_reporting.services.build_corrections import build_corrections
from dashu.credit_reporting.services.build_month import build_month
from dashu.credit_reporting.services.find_corrections import find_corrections
from dashu.credit_reporting.stored_files import remove_orphans
from dashu.kernel.dates import lender_date
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing

ACTOR = "system:credit-reporting"
# Nothing is lost where a worker stood still for as long.
LOOKED_BACK, OVERLAP = timedelta(days=10), timedelta(hours=1)


def build_due(*, now: datetime) -> int:
    """Build the files of months that were closed and have none, and return how many."""
    today = lender_date(now)
    try:
        rules = policy.credit_reporting(today)
    except PolicyRuleMissing:  # of a country whose bureaus are not told
        return 0
    built = 0
    for due in due_months(rules, today=today):
        if due.file is None:
            build_month(month=due.month, now=now, actor=ACTOR)
            built += 1
    return built


def correct_due(*, now: datetime) -> int:
    """
    Look for what is not true any more, and build the file of it, one at a time; return what was found.

    Each call looks from where the last one came to, with an hour to spare for what was being written then. Months that
    are held back are looked at once a day.
    """
    today = lender_date(now)
    try:
        rules = policy.credit_reporting(today)
    except PolicyRuleMissing:
        return 0
    search, _is_new = CorrectionSearch.objects.get_or_create(
        bureau=rules.bureau, defaults={"looked_until": now - LOOKED_BACK}
    )
    since = max(search.looked_until - OVERLAP, now - LOOKED_BACK)
    found = find_corrections(since=since, now=now, actor=ACTOR)
    if found.left:  # looked at again the next time
        raise_alert("credit_reporting.not_compared", count=len(found.left), loan=found.left[0])
    else:
        end_alert("credit_reporting.not_compared")
        CorrectionSearch.objects.filter(pk=search.pk).update(looked_until=now)
    open_files = ReportingFile.objects.filter(
        bureau=rules.bureau, kind=ReportingFile.Kind.CORRECTION, status=ReportingFile.Status.BUILT
    )
    if not open_files.exists():
        with_held = search.held_looked_on != today
        build_corrections(now=now, actor=ACTOR, with_held=with_held)
        if with_held:
            CorrectionSearch.objects.filter(pk=search.pk).update(held_looked_on=today)
    return found.corrections


def watch_deadlines(*, now: datetime) -> int:
    """Alert staff of what is not with the bureau and soon has to be; return how much there is."""
    today = lender_date(now)
    try:
        rules = policy.credit_reporting(today)
    except PolicyRuleMissing:
        return 0
    pressing = 0
    for due in due_months(rules, today=today):
        subject = f"{due.month:%Y-%m}"
        if due.is_pressing_on(today, rules.warn_days):
            raise_alert("credit_reporting.month_due", subject=subject, month=subject, due_on=due.deadline_on)
            pressing += 1
        elif due.is_sent:
            end_alert("credit_reporting.month_due", subject=subject)
    first = corrections_due_on(rules.bureau)
    unsent = ReportingFile.objects.filter(
        bureau=rules.bureau, kind=ReportingFile.Kind.CORRECTION, sent_at=None, deadline_on__lte=today
    ).exclude(status=ReportingFile.Status.DISCARDED)
    if (first and first <= today) or unsent.exists():
        count = RecordCorrection.objects.filter(bureau=rules.bureau, record=None).count()
        raise_alert("credit_reporting.corrections_due", count=count, due_on=first or today)
        pressing += 1
    else:
        end_alert("credit_reporting.corrections_due")
    return pressing


def tidy(*, now: datetime) -> int:
    return remove_orphans(now=now)

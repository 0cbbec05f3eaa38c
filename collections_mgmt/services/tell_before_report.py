"""Tell borrowers before the first month that would speak against them is noted. 征信业管理条例 art. 15."""

from datetime import date, timedelta

from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from collections_mgmt.models import CreditRecordMonth, OverdueStatus
from dashu.finance.arrears import Scale
from dashu.kernel.dates import month_end_of
from dashu.messaging.models import OutboxMessage
from dashu.messaging.services import enqueue as messaging
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from loans.models import Loan

AT_ONCE = 1000


def tell_before_report(*, today: date) -> int:
    """
    Put the notices of this month into the outbox, once for each loan and month; return how many are new.

    Told are borrowers whose loan is late in the last days of a month, as the rule `credit_record.adverse` says, and was
    not noted as late in the month before: whoever was, knows.
    """
    month_end = month_end_of(today)
    try:
        notice_days, codes = policy.adverse_record(today).notice_days, policy.credit_codes(today).by_days
    except PolicyRuleMissing:  # of a country whose bureaus are told otherwise
        return 0
    if (month_end - today).days > notice_days:
        return 0
    month = month_end.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    key = Concat(Value("before-report:"), Cast(OuterRef("loan_id"), CharField()), Value(f":{month:%Y-%m}"))
    noted = CreditRecordMonth.objects.filter(loan=OuterRef("loan_id"), month=before, days_past_due__gt=0)
    late = OverdueStatus.objects.overdue().filter(loan__status=Loan.Status.ACTIVE, oldest_due_on__isnull=False)
    late = late.exclude(Exists(noted)).exclude(Exists(OutboxMessage.objects.filter(dedupe_key=key)))
    told = 0
    while batch := list(late.select_related("loan").order_by("pk")[:AT_ONCE]):
        told += sum(_tell(status, month_end, codes) for status in batch)
    return told


def _tell(status: OverdueStatus, month_end: date, codes: Scale) -> bool:
    assert status.oldest_due_on is not None
    return messaging.enqueue(
        dedupe_key=f"before-report:{status.loan_id}:{month_end:%Y-%m}",
        borrower_id=status.loan.borrower_id,
        loan_id=status.loan_id,
        template="collections.before_report",
        params={
            "loan_number": status.loan.number,
            "currency": status.loan.currency,
            "amount_minor": status.total_minor,
            "due_on": status.oldest_due_on,
            "report_on": month_end,
            "code": codes.code_for((month_end - status.oldest_due_on).days),
        },
    )

"""The credit record of a month that a loan missed, because the close of its last day had to leave it out."""

from datetime import date, timedelta

from collections_mgmt.models import CreditRecordMonth
from collections_mgmt.selectors.relief_plans import special_event
from collections_mgmt.services.scales import scales_on
from dashu.finance.loan import Status
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from loans.models import Loan
from repayments.selectors.past_days import LoanOnDay, loan_by_day

_ENDINGS = {Status.SETTLED: "SETTLED", Status.SOLD: "ENDED_OTHERWISE"}


def write_missed_month(*, loan_id: int, month_end: date) -> CreditRecordMonth | None:
    """
    Write the month that ends on a day for one loan, in the light of what is known now; None where none is reported.

    The same decisions as `credit_months_sql.write_credit_months`, from the loan's own life instead of tonight's status.
    """
    try:
        codes = policy.credit_codes(month_end)
    except PolicyRuleMissing:
        return None
    loan, month = Loan.objects.get(pk=loan_id), month_end.replace(day=1)
    days = list(loan_by_day(loan, first=month - timedelta(days=1), last=month_end))
    if not days:
        return None
    latest = days[-1]
    late = latest.arrears
    is_running = latest.position.status is Status.ACTIVE
    is_repaid = _is_repaid(latest)
    ends = _MARKS_OF_ENDS[:1] if is_repaid else _MARKS_OF_ENDS
    if not is_running and _is_reported(loan_id, month, [codes.marks[name] for name in ends]):
        return None
    if not is_running:
        code = codes.marks["SETTLED" if is_repaid else _ENDINGS.get(latest.position.status, "BAD_DEBT")]
    elif late.days_past_due:
        code = codes.by_days.code_for(late.days_past_due)
    elif _became_late(days, month):
        code = codes.marks["PAID_LATE_WITHIN_MONTH"]
    elif not any(month <= row.due_on <= month_end for row in latest.position.installments):
        code = codes.marks["NOTHING_DUE"]
    else:
        code = codes.by_days.bands[0].code
    written, _is_new = CreditRecordMonth.objects.update_or_create(
        loan_id=loan_id,
        month=month,
        defaults={
            "code": code,
            "days_past_due": late.days_past_due if is_running else 0,
            "balance_minor": latest.position.principal,
            "overdue_minor": late.principal + late.interest + late.fee if is_running else 0,
            "special_event": special_event(loan_id, month, month_end),
        },
    )
    return written


_MARKS_OF_ENDS = ("SETTLED", "ENDED_OTHERWISE", "BAD_DEBT")


def _is_repaid(day: LoanOnDay) -> bool:
    """Whether a claim that was charged off has been paid in full since."""
    rows = day.position.installments
    is_open = any(row.unpaid_principal or row.unpaid_interest or row.unpaid_fee for row in rows)
    return day.position.status is Status.CHARGED_OFF and not is_open


def _is_reported(loan_id: int, month: date, ends: list[str]) -> bool:
    return CreditRecordMonth.objects.filter(loan_id=loan_id, month__lt=month, code__in=ends).exists()


def _became_late(days: list[LoanOnDay], month: date) -> bool:
    """Whether a change of bucket in the month was noted while the loan was past due."""
    buckets = scales_on(month).buckets
    before = buckets.bands[0].code
    for day in days:
        bucket = buckets.code_for(day.arrears.days_past_due)
        if day.as_of >= month and bucket != before and day.arrears.days_past_due:
            return True
        before = bucket
    return False

"""Grant a payment holiday: a new schedule version with later due dates; the old version stays readable."""

from datetime import date

from repayments.models import LoanEvent, ScheduleVersion
from repayments.services.acting import book_act


def extend_loan(
    *, loan_id: int, months: int, granted_on: date, today: date, reason: str, actor: str
) -> ScheduleVersion:
    """
    Move every installment that was unpaid on `granted_on` `months` later.

    Granted from a day that is booked already, the holiday restates the loan from that day.

    :raises LoanNotRunning: the loan has not been paid out yet.
    :raises EventRefused: the loan is not running, or fewer than one month.
    :raises DateOutsideContract: before the start or after today.
    """
    event = book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.EXTENSION,
        effective_on=granted_on,
        today=today,
        data={"months": months, "reason": reason},
        description="Payment holiday",
        actor=actor,
        field="granted_on",
    )
    found = ScheduleVersion.objects.filter(loan_id=event.loan_id).order_by("-version").first()
    assert found is not None
    return found

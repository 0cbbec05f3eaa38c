"""Grant a payment holiday: a new schedule version with later due dates; the old version stays readable."""

from datetime import date

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from loans.models import Loan
from repayments.models import LoanBalance, LoanEvent, ScheduleVersion
from repayments.services.booking import load, lock_loan, post_step, refuse_outside_contract, store
from repayments.services.receive_payment import LoanNotPayable
from repayments.services.replay import apply_event
from repayments.services.restate import restate

_COPIED = (
    "number, due_on, principal_minor, interest_minor, fee_minor, paid_principal_minor, paid_interest_minor,"
    " paid_fee_minor, waived_principal_minor, waived_interest_minor, waived_fee_minor"
)


@transaction.atomic
def extend_loan(
    *, loan_id: int, months: int, granted_on: date, today: date, reason: str, actor: str
) -> ScheduleVersion:
    """
    Move every installment that was unpaid on `granted_on` `months` later.

    Granted from a day that is booked already, the holiday restates the loan from that day.

    :raises LoanNotPayable: the loan is not running.
    :raises EventRefused: fewer than one month.
    :raises DateOutsideContract: before the start or after today.
    """
    loan = lock_loan(loan_id)
    if loan.status != Loan.Status.ACTIVE:
        raise LoanNotPayable(_("Only a running loan can have a payment holiday."), field="loan")
    refuse_outside_contract(loan, granted_on, today=today, field="granted_on")
    loaded = load(loan)
    event = LoanEvent(
        loan=loan,
        kind=LoanEvent.Kind.EXTENSION,
        effective_on=granted_on,
        data={"months": months, "reason": reason},
        actor=actor,
    )
    is_next = not loaded.is_booked_past(granted_on)
    after = apply_event(loaded.position, loaded.contract, event)[0] if is_next else None

    event.save(force_insert=True)
    version = _copy_schedule(loan.pk, loaded.balance.schedule_version)
    LoanBalance.objects.filter(pk=loan.pk).update(schedule_version=version)
    loaded.balance.schedule_version = version
    record = ScheduleVersion.objects.create(
        loan=loan, version=version, reason=ScheduleVersion.Reason.EXTENSION, effective_on=granted_on
    )
    if after is None:
        restate(loaded, through=loaded.position.accrued_through, description="Payment holiday", event=event)
    else:
        store(loaded, after, event_on=granted_on)
        post_step(loaded, after, effective_on=granted_on, description="Payment holiday", kind="EXTENSION", actor=actor)
    audit.record(
        action="repayments.loan_extended",
        subject_type="loan",
        subject_id=loan.pk,
        actor=actor,
        data={"months": months, "reason": reason},
    )
    events.publish("repayments.loan_extended", loan_id=loan.pk)
    return record


def _copy_schedule(loan_id: int, version: int) -> int:
    """Carry the rows of `version` on as the next version and close the old one; return the new version."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO repayments_installment (loan_id, version, {_COPIED})
            SELECT loan_id, %s, {_COPIED} FROM repayments_installment WHERE loan_id = %s AND version = %s
            """,  # noqa: S608 – the names are constants of this module
            [version + 1, loan_id, version],
        )
        cursor.execute(
            "UPDATE repayments_installment SET is_current = false WHERE loan_id = %s AND version = %s",
            [loan_id, version],
        )
    return version + 1

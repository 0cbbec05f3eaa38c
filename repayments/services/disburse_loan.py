"""Pay a loan out: its schedule begins."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.finance import installments as finance
from dashu.finance.loan import books_of, opened
from dashu.finance.schedule import build_schedule
from dashu.kernel.errors import DomainError
from dashu.ledger import services as ledger
from loans.models import Loan
from repayments.models import Disbursement, Installment, LoanBalance, LoanEvent, ScheduleVersion
from repayments.services.booking import balance_columns, ledger_lines, lock_loan
from repayments.services.receive_payment import ReferenceReused


class NotWaitingForPayout(DomainError):
    """The loan was paid out before, or is not approved."""

    code = "not_waiting_for_payout"
    http_status = 409


@transaction.atomic
def disburse_loan(*, loan_id: int, reference: str, actor: str) -> Disbursement:
    """
    Book the payout on the day the contract names and write the first schedule.

    Calling again with the same reference returns the first payout and changes nothing.

    :raises NotWaitingForPayout: the loan was paid out under another reference.
    :raises ReferenceReused: the reference belongs to another loan.
    """
    loan = lock_loan(loan_id)
    if earlier := Disbursement.objects.filter(reference=reference).first():
        if earlier.loan_id != loan.pk:
            raise ReferenceReused(_("This reference belongs to another payout."), field="reference")
        return earlier
    if loan.status != Loan.Status.APPROVED:
        raise NotWaitingForPayout(_("This loan has already been paid out."), field="loan")

    contract = loan.contract
    schedule = build_schedule(loan.schedule_terms)
    rows = [finance.Installment(row.number, row.due_on, row.principal, row.interest, row.fee) for row in schedule]
    position = opened(contract, rows, loan.principal_minor)

    on = loan.starts_on
    event = LoanEvent.objects.create(
        loan=loan, kind=LoanEvent.Kind.DISBURSED, effective_on=on, amount_minor=loan.principal_minor, actor=actor
    )
    disbursement = Disbursement.objects.create(
        event=event, loan=loan, reference=reference, amount_minor=loan.principal_minor, disbursed_on=on
    )
    ScheduleVersion.objects.create(loan=loan, version=1, reason=ScheduleVersion.Reason.CONTRACT, effective_on=on)
    Installment.objects.bulk_create(
        Installment(
            loan_id=loan.pk,
            number=row.number,
            due_on=row.due_on,
            principal_minor=row.principal,
            interest_minor=row.interest,
            fee_minor=row.fee,
        )
        for row in rows
    )
    LoanBalance.objects.create(loan=loan, latest_event_on=on, **balance_columns(position, contract))
    Loan.objects.filter(pk=loan.pk).update(status=Loan.Status.ACTIVE)
    ledger.post(
        effective_on=on,
        description=f"Payout {reference}",
        kind="DISBURSEMENT",
        lines=ledger_lines({}, books_of(position, contract), loan.pk),
        actor=actor,
        currency=loan.currency,
    )
    audit.record(action="repayments.loan_disbursed", subject_type="loan", subject_id=loan.pk, actor=actor)
    return disbursement

"""
What becomes of a signed contract: paid out, not paid out, or cancelled before any money moved.

The app that moves the money says so by these; each is part of its transaction, in which the loan is locked already.
Locks go loan first, then application.
"""

from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from loans.domain.applications import Status
from loans.models import Application, Loan, LoanContract
from loans.services.application_rows import Kind, lock_application, move, note
from loans.services.signing_codes import PayoutAccount


class AlreadyPaidOut(DomainError):
    """Money has moved, so the contract is no longer cancelled but given back."""

    code = "already_paid_out"
    http_status = 409


def contract_of(loan: Loan) -> LoanContract | None:
    """Return the contract that the loan was signed under; None where it was made otherwise, such as by a takeover."""
    return LoanContract.objects.select_related("application__borrower").filter(loan=loan).first()


def note_paid_out(loan: Loan, *, paid_on: date, now: datetime, actor: str) -> None:
    """Note on the contract of a locked loan that the money is there; the days of cooling off begin."""
    contract = contract_of(loan)
    if contract is None:
        return
    application = lock_application(contract.application_id)
    days = int(contract.facts["cooling_off_days"])
    LoanContract.objects.filter(pk=contract.pk).update(cooling_off_until=paid_on + timedelta(days=days))
    if application.status == Status.SIGNED:
        move(application, Status.PAID_OUT, now=now)
        note(application, Kind.PAID_OUT, now=now, actor=actor, paid_on=paid_on.isoformat())


def note_payout_failed(loan: Loan, *, failure: str, now: datetime, actor: str) -> None:
    contract = contract_of(loan)
    if contract is not None:
        application = lock_application(contract.application_id)
        note(application, Kind.PAYOUT_FAILED, now=now, actor=actor, failure=failure)


def change_account(loan: Loan, account: PayoutAccount, *, now: datetime, actor: str) -> None:
    """Have the money of a locked loan go to another account of the borrower's."""
    contract = contract_of(loan)
    assert contract is not None, "only a signed contract has an account"
    LoanContract.objects.filter(pk=contract.pk).update(bank=account.bank, account_number=account.number)
    application = lock_application(contract.application_id)
    note(application, Kind.NOTE, now=now, actor=actor, is_internal=True, changed="account")


def cancel_contract(loan: Loan, *, now: datetime, actor: str, why: str) -> Application:
    """
    End the contract of a locked loan before any money moved; it never was a debt. Cancelled before, nothing changes.

    :param why: a code for the record, such as "withdrawn" or "not_paid_out".
    :raises AlreadyPaidOut: see there.
    """
    contract = contract_of(loan)
    assert contract is not None, "only a signed contract is cancelled"
    application = lock_application(contract.application_id)
    if loan.status == Loan.Status.CANCELLED:
        return application
    if loan.status != Loan.Status.APPROVED:
        raise AlreadyPaidOut(_("The money is paid out already. You can give the loan back instead."), field="loan")
    loan.status = Loan.Status.CANCELLED
    loan.save(update_fields=["status"])
    LoanContract.objects.filter(pk=contract.pk).update(withdrawn_at=now)
    move(application, Status.WITHDRAWN, now=now)
    note(application, Kind.WITHDRAWN, now=now, actor=actor, why=why)
    return application


def note_given_back(loan: Loan, *, now: datetime, actor: str) -> None:
    """Note on the contract of a locked loan that the sum was returned within the days of cooling off."""
    contract = contract_of(loan)
    assert contract is not None, "only a signed contract is given back"
    application = lock_application(contract.application_id)
    LoanContract.objects.filter(pk=contract.pk).update(withdrawn_at=now)
    if application.status == Status.PAID_OUT:
        move(application, Status.WITHDRAWN, now=now)
        note(application, Kind.WITHDRAWN, now=now, actor=actor, why="given_back")

"""
What becomes of the loans of a signed contract: paid out, not paid out, cancelled before any money moved, or given back.

The app that moves the money says so by these; each is part of its transaction, in which the loan is locked already.
Locks go loan first, then application. A contract has ended when the last of its loans has ended without a debt.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from loans.domain.applications import Status
from loans.models import Application, Loan, LoanContract, Tranche
from loans.services.application_rows import Kind, lock_application, move, note
from loans.services.partner_events import tell_of_status
from loans.services.signing_codes import PayoutAccount


class AlreadyPaidOut(DomainError):
    """Money has moved, so the contract is no longer cancelled but given back."""

    code = "already_paid_out"
    http_status = 409


def contract_of(loan: Loan) -> LoanContract | None:
    """Return the contract that the loan was signed under; None where it was made otherwise, such as by a takeover."""
    tranche = tranche_of(loan)
    return tranche.contract if tranche else None


def tranche_of(loan: Loan) -> Tranche | None:
    """Return which part of which contract the loan is; None where it was made otherwise."""
    return Tranche.objects.select_related("contract__application__borrower").filter(loan_id=loan.pk).first()


def note_paid_out(loan: Loan, *, paid_on: date, now: datetime, actor: str) -> None:
    """Note on the contract of a locked loan that the money is there; the days of cooling off begin."""
    tranche = tranche_of(loan)
    if tranche is None:
        return
    application = lock_application(tranche.contract.application_id)
    days = int(tranche.contract.facts["cooling_off_days"])
    Tranche.objects.filter(pk=tranche.pk).update(cooling_off_until=paid_on + timedelta(days=days))
    if application.status == Status.SIGNED:
        move(application, Status.PAID_OUT, now=now)
    note(application, Kind.PAID_OUT, now=now, actor=actor, paid_on=paid_on.isoformat(), **_part(tranche))


def note_payout_failed(loan: Loan, *, failure: str, now: datetime, actor: str) -> None:
    if tranche := tranche_of(loan):
        application = lock_application(tranche.contract.application_id)
        note(application, Kind.PAYOUT_FAILED, now=now, actor=actor, failure=failure, **_part(tranche))


def note_held(loan: Loan, *, because: list[str], now: datetime, actor: str) -> None:
    """Note that the part which a locked loan is waits, and why; without a reason, that it goes on."""
    if tranche := tranche_of(loan):
        application = lock_application(tranche.contract.application_id)
        kind = Kind.TRANCHE_HELD if because else Kind.TRANCHE_RELEASED
        note(application, kind, now=now, actor=actor, because=because, **_part(tranche))


def change_account(loan: Loan, account: PayoutAccount, *, now: datetime, actor: str) -> None:
    """Have the money of a locked loan, and of the parts after it, go to another account of the borrower's."""
    contract = contract_of(loan)
    assert contract is not None, "only a signed contract has an account"
    LoanContract.objects.filter(pk=contract.pk).update(bank=account.bank, account_number=account.number)
    application = lock_application(contract.application_id)
    note(application, Kind.NOTE, now=now, actor=actor, is_internal=True, changed="account")


def cancel_loan(loan: Loan, *, now: datetime, actor: str, why: str) -> Application:
    """
    End a locked loan of a contract before its money moved; it never was a debt. Cancelled before, nothing changes.

    The contract goes on with its other loans, and ends with the last of them.

    :param why: a code for the record, such as "withdrawn", "declined" or "not_paid_out".
    :raises AlreadyPaidOut: see there.
    """
    tranche = tranche_of(loan)
    assert tranche is not None, "only a loan of a signed contract is cancelled"
    application = lock_application(tranche.contract.application_id)
    if loan.status == Loan.Status.CANCELLED:
        return application
    if loan.status != Loan.Status.APPROVED:
        raise AlreadyPaidOut(_("The money is paid out already. You can give the loan back instead."), field="loan")
    loan.status = Loan.Status.CANCELLED
    loan.save(update_fields=["status"])
    tell_of_status(loan, Loan.Status.APPROVED, on=lender_date(now))
    _end(tranche, application, now=now, actor=actor, why=why)
    return application


def note_given_back(loan: Loan, *, now: datetime, actor: str) -> None:
    """Note on the contract of a locked loan that the sum was returned within the days of cooling off."""
    tranche = tranche_of(loan)
    assert tranche is not None, "only a loan of a signed contract is given back"
    application = lock_application(tranche.contract.application_id)
    _end(tranche, application, now=now, actor=actor, why="given_back")


def note_not_given_back(loan: Loan) -> None:
    """Take back that a locked loan was given back: the sum returned to the borrower."""
    tranche = tranche_of(loan)
    assert tranche is not None, "only a loan of a signed contract is given back"
    lock_application(tranche.contract.application_id)
    Tranche.objects.filter(pk=tranche.pk).update(ended_at=None)
    LoanContract.objects.filter(pk=tranche.contract_id).update(withdrawn_at=None)


def _end(tranche: Tranche, application: Application, *, now: datetime, actor: str, why: str) -> None:
    """Note that a part has ended without a debt, and that the contract has, where it was the last of them."""
    Tranche.objects.filter(pk=tranche.pk).update(ended_at=now)
    if Tranche.objects.filter(contract=tranche.contract_id, ended_at=None).exists():
        note(application, Kind.TRANCHE_ENDED, now=now, actor=actor, why=why, **_part(tranche))
        return
    LoanContract.objects.filter(pk=tranche.contract_id).update(withdrawn_at=now)
    if application.status in (Status.SIGNED, Status.PAID_OUT):
        move(application, Status.WITHDRAWN, now=now)
        note(application, Kind.WITHDRAWN, now=now, actor=actor, why=why)


def _part(tranche: Tranche) -> dict[str, Any]:
    """Return which part it is, for the timeline; nothing of a contract that has only one."""
    has_more = Tranche.objects.filter(contract=tranche.contract_id).exclude(pk=tranche.pk).exists()
    return {"part": tranche.number} if has_more else {}

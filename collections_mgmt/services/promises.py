"""What a borrower promises to pay by a day, as staff note it."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import PromiseToPay
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.services.booking import lock_loan

LONGEST = timedelta(days=60)


class PromiseRefused(DomainError):
    """A promise cannot be noted like this; `field` says what is wrong."""

    code = "promise_refused"


@transaction.atomic
def note_promise(
    *, loan_id: int, amount_minor: int, due_on: date, today: date, actor: str, note: str = ""
) -> PromiseToPay:
    """
    Note a promise; one that is still open is taken back by the new one.

    :param due_on: from today, at most 60 days ahead.
    :raises LoanNotFound: there is no such loan.
    :raises PromiseRefused: the loan is not running, the amount is not positive, or the day is out of reach.
    """
    loan = lock_loan(loan_id)
    if loan.status not in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF):
        raise PromiseRefused(_("Nothing is to be paid on this loan."), field="loan")
    if amount_minor <= 0:
        raise PromiseRefused(_("A promise is for more than 0."), field="amount")
    if not today <= due_on <= today + LONGEST:
        raise PromiseRefused(_("A promise is for a day from today, at most 60 days ahead."), field="due_on")
    PromiseToPay.objects.filter(loan=loan, status=PromiseToPay.Status.OPEN).update(
        status=PromiseToPay.Status.CANCELLED, decided_on=today
    )
    promise = PromiseToPay.objects.create(
        loan=loan, amount_minor=amount_minor, made_on=today, due_on=due_on, note=note, actor=actor
    )
    audit.record(
        action="collections.promise_noted",
        subject_type="loan",
        subject_id=loan.pk,
        actor=actor,
        data={"promise": promise.pk, "amount_minor": amount_minor, "due_on": due_on},
    )
    return promise

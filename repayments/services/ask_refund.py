"""Ask for a refund of a loan's credit. Another person approves it; `repayments.approvals` then books it."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import RequestKeyReused, submit
from dashu.users.models import Partner, User
from loans.models import Loan
from repayments.selectors.refunds import REFUND, credit_of, exceeds_credit, refund_preview
from repayments.selectors.refunds_asked import key_of
from repayments.services.booking import LoanNotFound
from repayments.services.receive_payment import ReferenceReused

BACK_TO_SOURCE = "source"


def ask_refund(
    *, loan_id: int, amount_minor: int, to: str, reason: str, user: User, today: date, idempotency_key: str
) -> ApprovalRequest:
    """
    Return the request, which waits for another person.

    The credit is looked at without a lock, for an early word: the refund itself looks again under the loan's lock.
    Asking again with the same key returns the first request and changes nothing.

    :param to: `BACK_TO_SOURCE`, or the last four digits of an account; a whole account number is never kept here.
    :raises LoanNotFound: there is no such loan.
    :raises RefundExceedsCredit: more than the credit, less what other refunds that wait have asked for.
    :raises NotAuthorized, ReasonMissing, InvalidAmount, RequestKeyReused: see `submit`.
    """
    loan = Loan.objects.filter(pk=loan_id).first()
    if loan is None:
        raise LoanNotFound(_("There is no such loan."), field="loan")
    payload = {
        "loan_id": loan.pk,
        "loan_number": loan.number,
        "amount_minor": amount_minor,
        "currency": loan.currency,
        "to": to,
        "reason": reason,
        "reference": f"REFUND-{idempotency_key}",
    }
    earlier = ApprovalRequest.objects.filter(idempotency_key=idempotency_key).first()
    if earlier is None and amount_minor > (free := credit_of(loan, today=today).free):
        raise exceeds_credit(free, loan.currency)
    return submit(
        kind=REFUND,
        payload=payload,
        preview=earlier.preview if earlier else refund_preview(payload, today),
        amount_minor=amount_minor,
        currency=loan.currency,
        subject_type="loan",
        subject_id=loan.number,
        loan_id=loan.pk,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )


def ask_refund_as_partner(
    *, loan_id: int, amount_minor: int, to: str, reason: str, reference: str, partner: Partner, today: date
) -> ApprovalRequest:
    """
    Return the request of a partner for a loan it brought; a person of the lender decides on it.

    Calling again with the same reference returns the first request, whatever became of it, and changes nothing.

    :param reference: the partner's own, at most 39 characters.
    :raises ReferenceReused: the reference belongs to another refund.
    :raises LoanNotFound, RefundExceedsCredit, ReasonMissing, InvalidAmount: see `ask_refund`.
    """
    assert partner.user is not None  # a partner's program acts as its login
    try:
        return ask_refund(
            loan_id=loan_id,
            amount_minor=amount_minor,
            to=to,
            reason=reason,
            user=partner.user,
            today=today,
            idempotency_key=key_of(partner, reference),
        )
    except RequestKeyReused as error:
        raise ReferenceReused(_("This reference belongs to another refund."), field="reference") from error

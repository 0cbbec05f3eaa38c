"""Ask for a refund of a loan's credit. Another person approves it; `repayments.approvals` then books it."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.users.models import User
from loans.models import Loan
from repayments.selectors.refunds import REFUND, credit_of, exceeds_credit, refund_preview
from repayments.services.booking import LoanNotFound

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

"""Tell a borrower how a loan is given back, that it was, or that it runs on."""

from datetime import datetime, timedelta

from dashu.messaging.models import OutboxMessage
from dashu.messaging.services import enqueue as messaging
from repayments.models import Withdrawal
from repayments.services.withdraw_contract import missing_of

TEMPLATES = {
    Withdrawal.Status.OPEN: "repayments.give_back",
    Withdrawal.Status.DONE: "repayments.given_back",
    Withdrawal.Status.LAPSED: "repayments.not_given_back",
}


def tell_of_withdrawal(*, withdrawal_id: int) -> bool:
    """Put the news into the outbox, once for each state. Returns whether it is new."""
    withdrawal = Withdrawal.objects.select_related("loan").get(pk=withdrawal_id)
    template = TEMPLATES.get(Withdrawal.Status(withdrawal.status))
    if template is None:
        return False
    loan = withdrawal.loan
    is_open = withdrawal.status == Withdrawal.Status.OPEN
    return messaging.enqueue(
        dedupe_key=_key(withdrawal.pk, withdrawal.status),
        borrower_id=loan.borrower_id,
        template=template,
        params={
            "amount_minor": missing_of(withdrawal) if is_open else loan.principal_minor,
            "currency": loan.currency,
            "loan_number": loan.number,
            "pay_by_on": withdrawal.pay_by,
        },
        loan_id=loan.pk,
    )


def tell_of_missed_withdrawals(*, now: datetime) -> int:
    """Tell of what was asked for or ended within the last two days and no message exists for."""
    since = now - timedelta(days=2)
    asked = Withdrawal.objects.filter(status=Withdrawal.Status.OPEN, asked_at__gte=since)
    ended = Withdrawal.objects.filter(ended_at__gte=since)
    keys = {_key(pk, status): pk for pk, status in (asked | ended).values_list("pk", "status")[:1000]}
    told = set(OutboxMessage.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    return sum(tell_of_withdrawal(withdrawal_id=pk) for key, pk in keys.items() if key not in told)


def _key(withdrawal_id: int, status: str) -> str:
    return f"withdrawal:{withdrawal_id}:{status}"

"""Tell the borrower that money arrived and what it paid."""

from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from dashu.kernel.dates import lender_date
from dashu.messaging.models import OutboxMessage
from dashu.messaging.services import enqueue as messaging
from repayments.models import Channel, Chargeback, Payment

NEWS_DAYS = timedelta(days=7)


def send_receipt(*, payment_id: int) -> bool:
    """
    Put the receipt into the outbox; once for each payment. Returns whether it is new.

    What a chargeback left of a payment has no receipt: the money is not new, and the chargeback's message tells of it.
    Nor has a loan that a new one paid off: nobody sent any money.
    """
    if Chargeback.objects.filter(rest_payment=payment_id).exists():
        return False
    payment = Payment.objects.select_related("loan").get(pk=payment_id)
    if payment.channel == Channel.CONSOLIDATION:
        return False
    return messaging.enqueue(
        dedupe_key=f"receipt:{payment.pk}",
        borrower_id=payment.loan.borrower_id,
        loan_id=payment.loan_id,
        template="repayments.receipt",
        params={
            "loan_number": payment.loan.number,
            "amount_minor": payment.amount_minor,
            "currency": payment.loan.currency,
            "received_on": payment.received_on.isoformat(),
        },
    )


def send_missing_receipts(*, now: datetime) -> int:
    """
    Send the receipts of the last two days that no message exists for; return how many were missing.

    Money received more than a week ago is history that was written down late, and no news to its borrower.
    """
    key = Concat(Value("receipt:"), Cast(OuterRef("pk"), CharField()))
    recent = Payment.objects.filter(
        posted_at__gte=now - timedelta(days=2),
        posted_at__lt=now - timedelta(minutes=5),
        received_on__gte=lender_date(now) - NEWS_DAYS,
    ).exclude(channel__in=[Channel.TAPE, Channel.CONSOLIDATION])
    missing = recent.exclude(
        Exists(OutboxMessage.objects.filter(dedupe_key=key))
        | Exists(Chargeback.objects.filter(rest_payment=OuterRef("pk")))
    )
    return sum(send_receipt(payment_id=payment_id) for payment_id in missing.values_list("pk", flat=True)[:1000])

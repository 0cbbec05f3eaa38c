"""Tell a borrower what became of the money of their contract."""

from datetime import datetime, timedelta

from django.db.models import Min

from dashu.messaging.models import OutboxMessage
from dashu.messaging.services import enqueue as messaging
from loans.models import Loan, Tranche
from repayments.models import Installment, Payout

TOLD = (Payout.Status.ARRIVED, Payout.Status.FAILED)


def tell_of_payout(*, payout_id: int) -> bool:
    """Put the news of a payout that arrived or failed into the outbox, once. Returns whether it is new."""
    payout = Payout.objects.select_related("loan").get(pk=payout_id)
    loan = payout.loan
    if payout.status not in TOLD:
        return False
    about = {
        "amount_minor": payout.amount_minor,
        "currency": loan.currency,
        "loan_number": loan.number,
        "account": f"{payout.bank} {payout.account_shown}",
    }
    if payout.status == Payout.Status.FAILED:
        to_issuer = payout.destination == Payout.Destination.ISSUER_CARD
        template = "repayments.payout_to_card_failed" if to_issuer else "repayments.payout_failed"
    else:
        template = "repayments.paid_out"
        first = Installment.objects.filter(loan_id=loan.pk, version=1).aggregate(on=Min("due_on"))["on"]
        about |= {"paid_on": payout.arrived_on, "due_on": first}
        until = Tranche.objects.filter(loan=loan).values_list("cooling_off_until", flat=True).first()
        if until and payout.arrived_on and until > payout.arrived_on:
            about["until_on"] = until
    return messaging.enqueue(
        dedupe_key=f"payout:{payout.pk}:{payout.status}",
        borrower_id=loan.borrower_id,
        template=template,
        params=about,
        loan_id=loan.pk,
    )


def tell_of_held(*, payout_id: int) -> bool:
    """Tell that a part of a contract waits; why is said on the page only. Once for each time that it is held back."""
    payout = Payout.objects.select_related("loan").get(pk=payout_id)
    if payout.status != Payout.Status.HELD:
        return False
    loan = payout.loan
    return messaging.enqueue(
        dedupe_key=_held_key(payout.pk, payout.held_at),
        borrower_id=loan.borrower_id,
        template="repayments.payout_held",
        params={"amount_minor": payout.amount_minor, "currency": loan.currency, "loan_number": loan.number},
        loan_id=loan.pk,
    )


def tell_of_given_up(*, loan_id: int) -> bool:
    """Tell that a contract is cancelled because its money never arrived, or a part of it while the rest goes on."""
    loan = Loan.objects.get(pk=loan_id)
    others = Tranche.objects.filter(contract__tranches__loan=loan, ended_at=None)
    return messaging.enqueue(
        dedupe_key=f"payout-given-up:{loan.pk}",
        borrower_id=loan.borrower_id,
        template="repayments.part_given_up" if others.exists() else "repayments.payout_given_up",
        params={"amount_minor": loan.principal_minor, "currency": loan.currency, "loan_number": loan.number},
        loan_id=loan.pk,
    )


def tell_of_missed_payouts(*, now: datetime) -> int:
    """Tell of what ended within the last two days and no message exists for; return how many there were."""
    ended = Payout.objects.filter(
        status__in=TOLD, ended_at__gte=now - timedelta(days=2), ended_at__lt=now - timedelta(minutes=5)
    )
    keys = {f"payout:{pk}:{status}": pk for pk, status in ended.values_list("pk", "status")[:1000]}
    told = set(OutboxMessage.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    return sum(tell_of_payout(payout_id=pk) for key, pk in keys.items() if key not in told)


def tell_of_missed_holds() -> int:
    """Tell of the parts that are held back and no message exists for; return how many there were."""
    held = Payout.objects.filter(status=Payout.Status.HELD).values_list("pk", "held_at")[:1000]
    keys = {_held_key(pk, held_at): pk for pk, held_at in held}
    told = set(OutboxMessage.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    return sum(tell_of_held(payout_id=pk) for key, pk in keys.items() if key not in told)


def _held_key(payout_id: int, held_at: datetime | None) -> str:
    assert held_at is not None, "what is held back is so since a moment"
    return f"payout:{payout_id}:HELD:{held_at.timestamp():.0f}"

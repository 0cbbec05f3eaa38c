"""Tell a borrower that a contract was signed in their name."""

from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from dashu.messaging.models import OutboxMessage
from dashu.messaging.services import enqueue as messaging
from loans.models import LoanContract


def tell_of_signature(*, contract_id: int) -> bool:
    """Put the news into the outbox; once for each contract. Returns whether it is new."""
    contract = LoanContract.objects.select_related("application").get(pk=contract_id)
    return messaging.enqueue(
        dedupe_key=f"contract:{contract.pk}",
        borrower_id=contract.application.borrower_id,
        template="loans.contract_signed",
        params={"contract": contract.number},
        loan_id=contract.first_loan.pk,
    )


def tell_of_missed_signatures(*, now: datetime) -> int:
    """Tell of the signatures of the last two days that no message exists for; return how many there were."""
    key = Concat(Value("contract:"), Cast(OuterRef("pk"), CharField()))
    recent = LoanContract.objects.filter(
        signed_at__gte=now - timedelta(days=2), signed_at__lt=now - timedelta(minutes=5)
    )
    missed = recent.exclude(Exists(OutboxMessage.objects.filter(dedupe_key=key)))
    return sum(tell_of_signature(contract_id=contract_id) for contract_id in missed.values_list("pk", flat=True)[:1000])

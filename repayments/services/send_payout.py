"""
Send the money of an approved payout, and find out what became of it.

That it is sent is written down before the provider is called, so a process that dies in between leaves a payout whose
outcome is unknown, never one that was not noted. Such a payout is asked about; where the provider never heard of it, it
is sent again under the same token, under which the provider pays once. Another token is given only after the provider
has said that the money did not go.

A later part of a contract is held against its conditions in the moment in which it would be sent; while one of them is
not met it is held back, and each sweep looks at it again.
"""

import logging
from collections import Counter
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from dashu.alerts.services import raise_alert
from dashu.kernel.errors import DomainError
from loans.models import Loan
from loans.services.contract_progress import contract_of
from repayments.gateways.base import (
    Failure,
    NoPaymentProvider,
    PayoutOrder,
    PayoutOutcome,
    PayoutState,
    ProviderRefused,
    ProviderUnavailable,
)
from repayments.gateways.choosing import payout_provider, provider_named
from repayments.models import Payout, Withdrawal
from repayments.services.booking import lock_loan
from repayments.services.hold_payout import hold_or_release
from repayments.services.payout_outcomes import take_outcome

logger = logging.getLogger(__name__)

Status = Payout.Status
SILENCE = timedelta(minutes=2)
WORRYING = timedelta(hours=1)
TURNS_UP_WITHIN = timedelta(days=1)


def send_payout(*, payout_id: int, now: datetime, today: date) -> str:
    """
    Send a payout whose day has come, and return the status it has now. Called again, it is sent once.

    :raises NoPaymentProvider: nobody is set up who can send money; the payout waits.
    """
    chosen = payout_provider()
    if _claim(payout_id, chosen.name, now=now, today=today):
        _ask(payout_id, now=now, today=today)
    return Payout.objects.values_list("status", flat=True).get(pk=payout_id)


def sweep_payouts(*, now: datetime, today: date, limit: int = 200) -> Counter[str]:
    """Send what waits and ask about what is silent; one payout that fails keeps no other from it."""
    counts: Counter[str] = Counter()
    for payout_id in _waiting(today)[:limit]:
        counts[_try(payout_id, now=now, today=today)] += 1
    silent = Payout.objects.filter(status=Status.SENT, asked_at__lt=now - SILENCE).order_by("asked_at")
    for payout in silent.select_related("loan")[:limit]:
        try:
            counts[_find(payout, now=now, today=today)] += 1
        except DomainError as refusal:
            logger.warning("payout %s could not be asked about: %s", payout.pk, refusal.code)
            counts["failed"] += 1
        if payout.sent_at and payout.sent_at < now - WORRYING:
            _worry(payout.pk)
    return counts


def order_of(payout: Payout) -> PayoutOrder:
    contract = contract_of(payout.loan)
    assert contract is not None, "a payout is made on a contract"
    return PayoutOrder(
        token=payout.token,
        amount_minor=payout.amount_minor,
        currency=payout.loan.currency,
        bank=payout.bank,
        holder=contract.facts["borrower"],
        number=payout.account_number,
        pays_issuer=payout.destination == Payout.Destination.ISSUER_CARD,
        description=gettext("Loan %(number)s") % {"number": payout.loan.number},
        attempt=payout.number,
    )


def _waiting(today: date) -> list[int]:
    waiting = Payout.objects.filter(status__in=Payout.TO_SEND, due_on__lte=today)
    return list(waiting.order_by("due_on", "pk").values_list("pk", flat=True))


def _try(payout_id: int, *, now: datetime, today: date) -> str:
    try:
        return send_payout(payout_id=payout_id, now=now, today=today)
    except NoPaymentProvider as refusal:
        raise_alert("payout.no_provider", error=str(refusal))
        return "failed"
    except DomainError as refusal:
        logger.warning("payout %s could not be sent: %s", payout_id, refusal.code)
        return "failed"


@transaction.atomic
def _claim(payout_id: int, provider: str, *, now: datetime, today: date) -> bool:
    """Note that a payout is being sent; False where it is not to be sent, or is already."""
    loan = lock_loan(Payout.objects.values_list("loan_id", flat=True).get(pk=payout_id))
    payout = Payout.objects.get(pk=payout_id)
    if payout.status not in Payout.TO_SEND or payout.due_on > today or loan.status != Loan.Status.APPROVED:
        return False
    if hold_or_release(payout, loan, now=now, today=today):
        return False
    payout.status, payout.provider, payout.attempts = Status.SENT, provider, payout.attempts + 1
    payout.sent_at = payout.asked_at = now
    payout.save(update_fields=["status", "provider", "attempts", "sent_at", "asked_at"])
    return True


def _ask(payout_id: int, *, now: datetime, today: date) -> None:
    """Call the provider for a payout that is noted as sent. Not in a transaction."""
    payout = Payout.objects.select_related("loan").get(pk=payout_id)
    try:
        outcome = provider_named(payout.provider).pay_out(order_of(payout))
    except ProviderUnavailable:
        return
    except ProviderRefused:
        outcome = PayoutOutcome(PayoutState.FAILED, "", now, Failure.OTHER.value)
    take_outcome(payout_id=payout_id, outcome=outcome, now=now, today=today)


def _find(payout: Payout, *, now: datetime, today: date) -> str:
    Payout.objects.filter(pk=payout.pk).update(asked_at=now)
    outcome = provider_named(payout.provider).find_payout(order_of(payout))
    if outcome is None and Withdrawal.objects.filter(loan=payout.loan_id, status=Withdrawal.Status.WAITING).exists():
        # Taken back meanwhile, so it is not sent again; one that was lost on the way has this long to turn up.
        if payout.sent_at and payout.sent_at < now - TURNS_UP_WITHIN:
            lost = PayoutOutcome(PayoutState.FAILED, "", now, Failure.OTHER.value)
            take_outcome(payout_id=payout.pk, outcome=lost, now=now, today=today)
    elif outcome is None:
        # The same token: had the first one arrived after all, nothing more would be sent.
        Payout.objects.filter(pk=payout.pk).update(attempts=payout.attempts + 1)
        _ask(payout.pk, now=now, today=today)
    else:
        take_outcome(payout_id=payout.pk, outcome=outcome, now=now, today=today)
    return Payout.objects.values_list("status", flat=True).get(pk=payout.pk)


def _worry(payout_id: int) -> None:
    payout = Payout.objects.select_related("loan").get(pk=payout_id)
    if payout.status == Status.SENT:
        raise_alert("payout.unknown", subject=payout.loan.number, loan=payout.loan.number)

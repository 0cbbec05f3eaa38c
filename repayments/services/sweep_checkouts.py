"""Ask the provider about checkouts that it has told us nothing of, and let old ones expire."""

import logging
from collections import Counter
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from dashu.kernel.errors import DomainError
from repayments.gateways.choosing import provider_named
from repayments.models import Checkout, GatewayCallback
from repayments.services.autopay_outcomes import note_not_collected
from repayments.services.booking import lock_loan
from repayments.services.collect import ask_provider
from repayments.services.gateway import CHECKOUT_LASTS, order_of, take_event

logger = logging.getLogger(__name__)

SILENCE = timedelta(minutes=15)
COLLECTION_LASTS = timedelta(days=5)
REFUSED_LOG_LASTS = timedelta(days=30)


def sweep_checkouts(*, now: datetime, today: date, limit: int = 200) -> Counter[str]:
    """
    Take what the provider answers about each silent checkout as if it had called back; return how many of what.

    One checkout that cannot be asked about does not keep the others from it.
    """
    counts: Counter[str] = Counter()
    silent = Checkout.objects.filter(status=Checkout.Status.STARTED, created_at__lt=now - SILENCE)
    silent = silent.filter(Q(asked_at=None) | Q(asked_at__lt=now - SILENCE))
    for checkout in silent.select_related("loan").order_by("created_at", "pk")[:limit]:
        try:
            counts[_ask(checkout, now=now, today=today)] += 1
        except DomainError as refusal:
            logger.warning("checkout %s could not be asked about: %s", checkout.pk, refusal.code)
            counts["failed"] += 1
    return counts


def forget_refused_callbacks(*, before: datetime) -> int:
    """Delete what is noted of callbacks without a good signature, and return how many."""
    return GatewayCallback.objects.filter(signature_ok=False, latest_at__lt=before).delete()[0]


def _ask(checkout: Checkout, *, now: datetime, today: date) -> str:
    Checkout.objects.filter(pk=checkout.pk).update(asked_at=now)
    asked = provider_named(checkout.provider)
    event = asked.query(order_of(checkout))
    if event is not None:
        return take_event(checkout.provider, event, today=today).status
    is_collection = checkout.purpose == Checkout.Purpose.AUTOPAY
    lasts: timedelta = COLLECTION_LASTS if is_collection else CHECKOUT_LASTS
    if now < checkout.created_at + lasts:
        if is_collection:
            ask_provider(checkout.attempt, today=today, now=now)
        return "waiting"
    asked.close(order_of(checkout))
    return _expire(checkout, today=today)


@transaction.atomic
def _expire(checkout: Checkout, *, today: date) -> str:
    lock_loan(checkout.loan_id)
    found = Checkout.objects.select_related("loan").get(pk=checkout.pk)
    if found.status == Checkout.Status.STARTED:
        found.status = Checkout.Status.EXPIRED
        found.save(update_fields=["status"])
        if found.purpose == Checkout.Purpose.AUTOPAY:
            note_not_collected(found, answered_on=today, today=today)
    return found.status

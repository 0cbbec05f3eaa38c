"""Ask the provider for a planned collection: the amount is fixed and the request noted first, the call comes after."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from dashu.audit import services as audit
from repayments.domain.autopay import TRY_LASTS, amount_to_collect
from repayments.gateways.base import (
    Charge,
    EventKind,
    Failure,
    NoPaymentProvider,
    ProviderEvent,
    ProviderRefused,
    ProviderUnavailable,
)
from repayments.gateways.choosing import provider_named
from repayments.models import AutopayAttempt, AutopayMandate, Checkout
from repayments.selectors.standings import standings_of
from repayments.services.booking import lock_loan
from repayments.services.gateway import take_event

ACTOR = "system:autopay"
Status = AutopayAttempt.Status
# While the borrower is at the provider's page, nothing is collected beside it.
PAYING_LASTS = timedelta(minutes=30)


def waiting_attempts(*, today: date, limit: int = 10_000) -> list[int]:
    """Return the ids of the collections whose day has come, the oldest first."""
    waiting = AutopayAttempt.objects.filter(status=Status.PLANNED, scheduled_on__lte=today)
    return list(waiting.order_by("scheduled_on", "pk").values_list("pk", flat=True)[:limit])


def collect(*, attempt_id: int, today: date, now: datetime) -> str:
    """
    Ask for the money of one planned collection, and return the status it has now.

    What is really due is looked at here, at the last moment: paid otherwise meanwhile, nothing is asked for. A request
    whose answer is not known stays as asked for, until a callback or the sweep tells.
    """
    with transaction.atomic():
        attempt = _asked(attempt_id, today=today, now=now)
    if attempt.status == Status.SENT and attempt.sent_at == now:
        ask_provider(attempt, today=today, now=now)
        attempt.refresh_from_db()
    return attempt.status


def ask_provider(attempt: AutopayAttempt, *, today: date, now: datetime) -> None:
    """Send a noted request; again with the same token where it is not known whether the first arrived."""
    assert attempt.checkout is not None
    assert attempt.amount_minor is not None
    mandate = attempt.mandate
    try:
        provider_named(mandate.provider).charge(
            Charge(
                token=attempt.token,
                account_token=mandate.account_token,
                amount_minor=attempt.amount_minor,
                currency=attempt.checkout.loan.currency,
                description=gettext("Loan %(number)s") % {"number": attempt.checkout.loan.number},
            )
        )
    except (ProviderUnavailable, NoPaymentProvider):
        return
    except ProviderRefused:
        refused = ProviderEvent(
            event_id=f"refused:{attempt.token}",
            kind=EventKind.DECLINED,
            checkout=attempt.token,
            reference="",
            amount_minor=0,
            currency=attempt.checkout.loan.currency,
            occurred_at=now,
            failure=Failure.OTHER,
        )
        take_event(mandate.provider, refused, today=today)


def _asked(attempt_id: int, *, today: date, now: datetime) -> AutopayAttempt:
    """Decide about a collection under the loan's lock: ask for it, leave it for later, or drop it."""
    loan_id = AutopayAttempt.objects.values_list("loan_id", flat=True).get(pk=attempt_id)
    loan = lock_loan(loan_id)
    attempt = AutopayAttempt.objects.select_related("mandate").get(pk=attempt_id)
    mandate = attempt.mandate
    if attempt.status != Status.PLANNED or attempt.scheduled_on > today:
        return attempt
    last_day = attempt.due_on if attempt.try_number == 1 else attempt.scheduled_on + TRY_LASTS
    if today > last_day or mandate.status == AutopayMandate.Status.CANCELLED:
        return _dropped(attempt)
    is_held = mandate.held_through is not None and today <= mandate.held_through
    if is_held or mandate.status == AutopayMandate.Status.PAUSED or _is_being_paid(loan_id, now=now):
        return attempt
    amount_minor = 0
    if loan.status == loan.Status.ACTIVE:
        standing = standings_of([loan], today=today)[loan_id]
        amount_minor = amount_to_collect(standing, on=today, due_on=attempt.due_on)
    if not amount_minor:
        return _dropped(attempt)

    attempt.checkout = Checkout.objects.create(
        token=attempt.token,
        loan=loan,
        amount_minor=amount_minor,
        provider=mandate.provider,
        purpose=Checkout.Purpose.AUTOPAY,
    )
    attempt.status, attempt.amount_minor, attempt.sent_at = Status.SENT, amount_minor, now
    attempt.save(update_fields=["checkout", "status", "amount_minor", "sent_at"])
    audit.record(
        action="repayments.autopay_asked",
        subject_type="loan",
        subject_id=loan_id,
        actor=ACTOR,
        data={"due_on": attempt.due_on, "try": attempt.try_number, "amount_minor": amount_minor},
    )
    return attempt


def _is_being_paid(loan_id: int, *, now: datetime) -> bool:
    """Whether another collection of the loan is under way, or its borrower is paying at this moment."""
    under_way = AutopayAttempt.objects.filter(loan_id=loan_id, status=Status.SENT)
    at_the_page = Checkout.objects.filter(
        loan_id=loan_id, status=Checkout.Status.STARTED, created_at__gt=now - PAYING_LASTS
    )
    return under_way.exists() or at_the_page.exists()


def _dropped(attempt: AutopayAttempt) -> AutopayAttempt:
    attempt.status = Status.SKIPPED
    attempt.save(update_fields=["status"])
    return attempt

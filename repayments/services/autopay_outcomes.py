"""What follows from the provider's answer to a collection: done, another try, or the end of it, and a word about it."""

import uuid
from datetime import date

from django.db.models import Min
from django.utils import timezone

from dashu.messaging.services import enqueue as messaging
from dashu.policy.rules import autopay_retry
from repayments.domain.autopay import next_try
from repayments.models import AutopayAttempt, AutopayMandate, Checkout
from repayments.services.mandates import end_mandate

Status = AutopayAttempt.Status


def note_collected(checkout: Checkout, *, answered_on: date) -> None:
    """The money came; the receipt tells the borrower. The caller holds the loan's lock."""
    AutopayAttempt.objects.filter(checkout=checkout).update(status=Status.PAID, answered_on=answered_on, failure="")


def note_not_collected(checkout: Checkout, *, answered_on: date, today: date) -> None:
    """
    The money did not come: plan the next try where the retry plan has one, end the consent where no try can help.

    The caller holds the loan's lock. Told again, it changes nothing.
    """
    attempt = AutopayAttempt.objects.select_related("mandate").filter(checkout=checkout, status=Status.SENT).first()
    if attempt is None:
        return
    attempt.status, attempt.answered_on, attempt.failure = Status.FAILED, answered_on, checkout.failure
    attempt.save(update_fields=["status", "answered_on", "failure"])
    mandate = attempt.mandate
    plan = autopay_retry(today)
    if attempt.failure in plan.final_failures:
        if mandate.status != AutopayMandate.Status.CANCELLED:
            end_mandate(mandate, now=timezone.now(), because=attempt.failure)
        _tell(attempt, "autopay.ended")
        return
    failed = AutopayAttempt.objects.filter(loan_id=attempt.loan_id, due_on=attempt.due_on, status=Status.FAILED)
    next_on = next_try(
        plan.days,
        tries=attempt.try_number,
        first_failed_on=failed.aggregate(first=Min("answered_on"))["first"],
        failure=attempt.failure,
        final_failures=plan.final_failures,
        today=today,
    )
    if next_on is None or mandate.status == AutopayMandate.Status.CANCELLED:
        _tell(attempt, "autopay.not_collected")
        return
    AutopayAttempt.objects.bulk_create(
        [
            AutopayAttempt(
                mandate=mandate,
                loan_id=attempt.loan_id,
                due_on=attempt.due_on,
                try_number=attempt.try_number + 1,
                scheduled_on=next_on,
                token=uuid.uuid4(),
            )
        ],
        ignore_conflicts=True,
    )
    _tell(attempt, "autopay.tries_again", next_on=next_on)


def _tell(attempt: AutopayAttempt, template: str, *, next_on: date | None = None) -> None:
    loan = attempt.mandate.loan
    latest = next_on or attempt.answered_on
    assert latest is not None
    messaging.enqueue(
        dedupe_key=f"{template}:{attempt.pk}",
        borrower_id=loan.borrower_id,
        loan_id=loan.pk,
        template=template,
        params={
            "loan_number": loan.number,
            "amount_minor": attempt.amount_minor,
            "currency": loan.currency,
            "account": attempt.mandate.account_label,
            "next_on": next_on.isoformat() if next_on else None,
            "due_on": attempt.due_on.isoformat(),
            # Given only where waiting costs something.
            "late_after_on": attempt.due_on.isoformat() if latest > attempt.due_on else None,
        },
    )

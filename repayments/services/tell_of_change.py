"""Tell the borrower in one plain message what a correction or an act of ours changed."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from dashu.messaging.models import OutboxMessage
from dashu.messaging.services import enqueue as messaging
from repayments.domain.comparing import summary_of
from repayments.models import Channel, Chargeback, LoanEvent, Payment, Restatement
from repayments.services.booking import load

TEMPLATE = "repayments.loan_changed"
# What only moves money between two days of the past, or that the receipt tells already, is no news.
_COMPARED = (
    "status", "overdue_minor", "penalty_minor", "days_past_due", "left_to_pay_minor", "next_due_on", "next_due_minor",
)  # fmt: skip


def tell_of_change(*, event_id: int) -> bool:
    """Put the message of a restatement into the outbox, once; nothing where nothing the borrower sees has changed."""
    kept = Restatement.objects.select_related("event", "loan").get(pk=event_id)
    if _is_told_by_chargeback(kept) or kept.event.data.get("agreement"):
        return False
    one_act = _restated_by_the_same_act(kept)
    if one_act[-1] != kept:
        return False  # whose news tell all
    kept.before = one_act[0].before
    correction = _correction_of(kept)
    if correction is not None:
        if Restatement.objects.filter(pk=correction.pk).exists():
            return False  # whose news tell both
        loaded = load(kept.loan)
        kept.after = summary_of(loaded.position, loaded.contract, date.fromisoformat(kept.before["as_of"]))
    kept.before = _before_correction(kept)
    if all(kept.before[name] == kept.after[name] for name in _COMPARED):
        return False
    return messaging.enqueue(
        dedupe_key=_key(event_id),
        borrower_id=kept.loan.borrower_id,
        loan_id=kept.loan_id,
        template=TEMPLATE,
        params=_params(kept),
    )


def tell_of_missed_changes(*, now: datetime) -> int:
    """Send the messages of the last two days that an event missed; return how many were missing."""
    key = Concat(Value("changed:"), Cast(OuterRef("pk"), CharField()))
    recent = Restatement.objects.filter(
        event__posted_at__gte=now - timedelta(days=2), event__posted_at__lt=now - timedelta(minutes=5)
    ).exclude(event__in=Payment.objects.filter(channel=Channel.TAPE).values("pk"))
    missing = recent.exclude(Exists(OutboxMessage.objects.filter(dedupe_key=key)))
    return sum(tell_of_change(event_id=event_id) for event_id in missing.values_list("pk", flat=True)[:1000])


def _is_told_by_chargeback(kept: Restatement) -> bool:
    """Whether the message of a chargeback tells this: the payment taken back, and what was left of it booked again."""
    about = Q(rest_payment=kept.pk)
    if kept.event.kind == LoanEvent.Kind.REVERSAL:
        about |= Q(payment=kept.event.data["event"])
    return Chargeback.objects.filter(about).exists()


def _restated_by_the_same_act(kept: Restatement) -> list[Restatement]:
    """Return the restatements of an act that took several events, in order; else this one alone."""
    act = kept.event.data.get("act")
    if not act:
        return [kept]
    return list(Restatement.objects.filter(loan_id=kept.loan_id, event__data__act=act).order_by("pk"))


def _correction_of(kept: Restatement) -> Payment | None:
    """Return the payment that was booked on the same loan in the place of the one that was undone."""
    replaced_by = kept.event.data.get("replaced_by")
    return Payment.objects.filter(reference=replaced_by, loan_id=kept.loan_id).first() if replaced_by else None


def _before_correction(kept: Restatement) -> dict[str, Any]:
    """Return what the borrower was told before: of a corrected payment, before it was undone."""
    payment = Payment.objects.filter(pk=kept.pk).first()
    undone = (
        Restatement.objects.filter(loan_id=kept.loan_id, event__data__replaced_by=payment.reference).first()
        if payment
        else None
    )
    return undone.before if undone else kept.before


def _key(event_id: int) -> str:
    return f"changed:{event_id}"


def _params(kept: Restatement) -> dict[str, Any]:
    """Return the values of the template: one sentence for what happened, then where the loan stands now."""
    event, before, after = kept.event, kept.before, kept.after
    params: dict[str, Any] = {
        "loan_number": kept.loan.number,
        "currency": kept.loan.currency,
        "from_on": kept.from_on.isoformat(),
        _happened(event): event.amount_minor,
        "left_to_pay_minor": after["left_to_pay_minor"],
        "left_before_minor": before["left_to_pay_minor"],
    }
    overdue = after["overdue_minor"] + after["penalty_minor"]
    if overdue:
        params["overdue_minor"] = overdue
    if after["next_due_on"]:
        params |= {"next_due_on": after["next_due_on"], "next_due_minor": after["next_due_minor"]}
    return params


def _happened(event: LoanEvent) -> str:
    """Return the name of the value whose sentence says what happened; see the template."""
    is_reversal = event.kind == LoanEvent.Kind.REVERSAL
    if is_reversal and not Payment.objects.filter(pk=event.data["event"]).exists():
        return "undone_minor"  # a fee, a pause: no payment was taken back, and the figures say the rest
    return f"{event.kind.lower()}_minor"

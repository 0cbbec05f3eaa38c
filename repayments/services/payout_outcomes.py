"""
What the provider says of a payout, and what follows from it.

The loan is paid out exactly when the provider has confirmed that the money is there, and on that day. What comes after
an outcome is ignored: the first one is final.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from dashu import events
from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.policy import rules as policy
from loans.models import Loan, Tranche
from loans.services.contract_progress import cancel_loan, note_paid_out, note_payout_failed
from repayments.gateways.base import PayoutOutcome, PayoutState
from repayments.models import Payout
from repayments.services.booking import lock_loan
from repayments.services.disburse_loan import disburse_loan

ACTOR = "system:payouts"
Status = Payout.Status


@transaction.atomic
def take_outcome(*, payout_id: int, outcome: PayoutOutcome, now: datetime, today: date) -> Payout:
    """Do what an outcome says, once: book the payout on the day it arrived, or note that it did not."""
    loan = lock_loan(Payout.objects.values_list("loan_id", flat=True).get(pk=payout_id))
    payout = Payout.objects.get(pk=payout_id)
    payout.loan = loan
    if payout.status != Status.SENT or outcome.state is PayoutState.UNDER_WAY:
        return payout
    payout.provider_reference, payout.ended_at = outcome.reference[:80], now
    if outcome.state is PayoutState.ARRIVED:
        _arrived(payout, outcome, now=now, today=today)
    else:
        _failed(payout, outcome, now=now)
    return payout


@transaction.atomic
def cancel_payouts(loan: Loan, *, now: datetime, actor: str) -> bool:
    """
    Cancel the payout of a locked loan; True where no money can leave any more, False where it may be on its way.
    """
    payout = Payout.objects.filter(loan=loan).exclude(status__in=Payout.OVER).first()
    if payout is None:
        return True
    if payout.status in (Status.SENT, Status.ARRIVED):
        return False
    payout.status, payout.ended_at = Status.CANCELLED, now
    payout.save(update_fields=["status", "ended_at"])
    _witness("cancelled", payout, actor=actor)
    _end_alerts(loan)
    return True


def give_up_payouts(*, now: datetime) -> int:
    """
    Cancel the loans of contracts whose money has not arrived within the days of the policy; return how many.

    The days count from the signature, of a later part from its own day. What waits for a condition, or behind a part
    that does, has until the day after which the product pays nothing out on a contract.
    """
    waiting = Tranche.objects.waiting().annotate(
        is_held=Exists(Payout.objects.filter(loan=OuterRef("loan"), status=Status.HELD)),
        is_behind=Exists(
            Tranche.objects.waiting().filter(contract=OuterRef("contract"), number__lt=OuterRef("number"))
        ),
    )
    given_up = 0
    for tranche in waiting.select_related("contract", "loan__product_terms").order_by("pk")[:1000]:
        if now >= _last_moment(tranche):
            given_up += _give_up(tranche.loan_id, now=now)
    return given_up


def _last_moment(tranche: Any) -> datetime:
    """:param tranche: as `give_up_payouts` reads it."""
    signed_at = tranche.contract.signed_at
    days = timedelta(days=policy.credit_payout(lender_date(signed_at)).give_up_days)
    on_its_own = signed_at + (tranche.agreed_on - lender_date(signed_at)) + days
    if not (tranche.is_held or tranche.is_behind):
        return on_its_own
    return max(on_its_own, signed_at + timedelta(days=tranche.loan.product_terms.rules.tranche_within_days))


@transaction.atomic
def _give_up(loan_id: int, *, now: datetime) -> bool:
    loan = lock_loan(loan_id)
    if loan.status != Loan.Status.APPROVED or not cancel_payouts(loan, now=now, actor=ACTOR):
        return False
    cancel_loan(loan, now=now, actor=ACTOR, why="not_paid_out")
    _end_alerts(loan)
    events.publish("repayments.payout_given_up", loan_id=loan.pk)
    return True


def _arrived(payout: Payout, outcome: PayoutOutcome, *, now: datetime, today: date) -> None:
    loan = payout.loan
    paid_on = max(loan.starts_on, min(lender_date(outcome.occurred_at), today))
    disburse_loan(loan_id=loan.pk, reference=f"PAYOUT-{payout.token}", actor=ACTOR, paid_on=paid_on)
    payout.status, payout.arrived_on = Status.ARRIVED, paid_on
    payout.save(update_fields=["status", "arrived_on", "provider_reference", "ended_at"])
    note_paid_out(loan, paid_on=paid_on, now=now, actor=ACTOR)
    _witness("arrived", payout, actor=ACTOR)
    _end_alerts(loan)
    events.publish("repayments.loan_paid_out", payout_id=payout.pk, loan_id=loan.pk)


def _failed(payout: Payout, outcome: PayoutOutcome, *, now: datetime) -> None:
    payout.status, payout.failure = Status.FAILED, outcome.failure[:24]
    payout.save(update_fields=["status", "failure", "provider_reference", "ended_at"])
    note_payout_failed(payout.loan, failure=payout.failure, now=now, actor=ACTOR)
    _witness("failed", payout, actor=ACTOR)
    raise_alert("payout.failed", subject=payout.loan.number, loan=payout.loan.number, failure=payout.failure)
    events.publish("repayments.payout_failed", payout_id=payout.pk, loan_id=payout.loan_id)


def _end_alerts(loan: Loan) -> None:
    for kind in ("payout.failed", "payout.unknown", "payout.held"):
        end_alert(kind, subject=loan.number)


def _witness(what: str, payout: Payout, *, actor: str) -> None:
    audit.record(
        action=f"repayments.payout_{what}",
        subject_type="loan",
        subject_id=payout.loan_id,
        actor=actor,
        data={"payout": str(payout.token), "failure": payout.failure, "arrived_on": payout.arrived_on},
    )

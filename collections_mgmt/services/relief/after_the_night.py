"""
What follows one by one from what a night found of plans: waivers that are owed again, and certificates.

Both are found by their rows, so that calling again, or late, makes up for what was missed.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from collections_mgmt.models import RestructuringPlan
from collections_mgmt.services.relief.amendments import issue_plan_certificate
from collections_mgmt.services.relief.withdraw_plan import lock_plan
from collections_mgmt.services.relief.writing import note_plan
from dashu.alerts.services import end_alert, raise_alert
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from repayments.models import LoanEvent
from repayments.services.undo_event import undo_event

ACTOR = "system:relief"
NOT_REVERTED = "relief.not_reverted"
MOST = 500

logger = logging.getLogger(__name__)


def follow_ended_plans(*, now: datetime, site: str) -> int:
    """Do what is left to do for plans that have ended; return for how many something was done."""
    to_revert = RestructuringPlan.objects.filter(is_to_revert=True).order_by("pk").values_list("pk", flat=True)
    done = sum(_reverted(plan_id, now=now) for plan_id in to_revert[:MOST])
    completed = RestructuringPlan.objects.filter(status="COMPLETED", certificate=None).order_by("pk")
    to_certify = completed.values_list("pk", flat=True)[:MOST]
    return done + sum(_tried(plan_id, certify_plan, now=now, site=site) for plan_id in to_certify)


@transaction.atomic
def revert_waivers(*, plan_id: int, now: datetime) -> bool:
    """
    Let what a broken plan gave up be owed again; False where that was done before.

    What the plans gave up whose place it took is owed again with it, or a new plan would make that a gift.
    """
    plan = lock_plan(plan_id)
    if not plan.is_to_revert:
        return False
    undone = LoanEvent.objects.filter(loan=plan.loan_id, kind=LoanEvent.Kind.REVERSAL).values_list(
        "data__event", flat=True
    )
    booked = [*plan.taken_over, *plan.events]
    waivers = LoanEvent.objects.filter(pk__in=booked, kind=LoanEvent.Kind.WAIVER).exclude(pk__in=list(undone))
    reverted = list(waivers.order_by("-pk"))
    for event in reverted:
        undo_event(
            event_id=event.pk,
            today=lender_date(now),
            reason=f"plan {plan.reference} was broken",
            actor=ACTOR,
            act=f"broken {plan.reference}",
        )
    plan.is_to_revert = False
    plan.save(update_fields=["is_to_revert"])
    end_alert(NOT_REVERTED, subject=plan.reference)
    note_plan("reverted", plan, ACTOR, amount_minor=sum(event.amount_minor for event in reverted))
    return True


@transaction.atomic
def certify_plan(*, plan_id: int, now: datetime, site: str) -> bool:
    """Issue the certificate of a completed plan; False where it has one."""
    plan = lock_plan(plan_id)
    if plan.status != RestructuringPlan.Status.COMPLETED or plan.certificate_id is not None:
        return False
    plan.certificate = issue_plan_certificate(plan, now=now, site=site, actor=ACTOR)
    plan.save(update_fields=["certificate"])
    note_plan("certified", plan, ACTOR, document=plan.certificate.number)
    return True


def _reverted(plan_id: int, *, now: datetime) -> bool:
    """Revert the waivers of a plan, or tell staff why that cannot be done; it is tried again."""
    try:
        return revert_waivers(plan_id=plan_id, now=now)
    except DomainError as refusal:
        plan = RestructuringPlan.objects.select_related("loan").get(pk=plan_id)
        raise_alert(
            NOT_REVERTED,
            subject=plan.reference,
            reference=plan.reference,
            loan=plan.loan.number,
            error=refusal.user_message,
        )
        return False


def _tried(plan_id: int, act: Callable[..., bool], **how: Any) -> bool:
    try:
        return act(plan_id=plan_id, **how)
    except DomainError as refusal:
        logger.error("What follows from the end of plan %s cannot be done: %s", plan_id, refusal)
        return False

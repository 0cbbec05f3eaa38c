"""A borrower takes an accepted plan back: the loan is as if it had never been."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.because import Because
from collections_mgmt.models import Arrangement, ArrangementPart, OfferLoan, PromiseToPay, RestructuringPlan
from collections_mgmt.services.holds import follow_holds
from collections_mgmt.services.relief.ways import is_consolidation
from collections_mgmt.services.relief.writing import OfferNotFound, note_plan
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from repayments.models import Payment
from repayments.services.booking import lock_loans
from repayments.services.consolidate_loans import take_back_consolidation
from repayments.services.documents import revoke_document
from repayments.services.mandates import take_autopay_up_again
from repayments.services.undo_event import undo_event


class WithdrawalRefused(DomainError):
    """The days of taking a plan back are over, something was paid since, or it has ended."""

    code = "plan_withdrawal_refused"
    http_status = 409


def lock_plan(plan_id: int) -> RestructuringPlan:
    """
    Lock a plan after the loans that its offer was about.

    :raises OfferNotFound: there is none.
    """
    about = OfferLoan.objects.filter(offer_set__offers__plan=plan_id).values_list("loan_id", flat=True)
    loan_ids = {*about, *RestructuringPlan.objects.filter(pk=plan_id).values_list("loan_id", flat=True)}
    if not loan_ids:
        raise OfferNotFound(_("There is no such plan."))
    lock_loans(loan_ids)
    found: RestructuringPlan = RestructuringPlan.objects.select_for_update(of=("self",), no_key=True).get(pk=plan_id)
    return found


def can_withdraw(plan: RestructuringPlan, *, today: date) -> bool:
    """Whether the plan can be taken back on a day."""
    return plan.is_running and today <= plan.withdraw_until and not _paid_since(plan)


@transaction.atomic
def withdraw_plan(*, plan_id: int, now: datetime, actor: str) -> RestructuringPlan:
    """
    Take a plan back within its days, if nothing was paid since. Taken back before, nothing changes.

    A plan that it replaced runs on as it stood, with its clock, and the class that the loan was held at before holds
    again. So do a promise and an arrangement whose days still lie ahead, and autopay that ended with its loan.

    :raises OfferNotFound: there is none. :raises WithdrawalRefused: see there.
    """
    plan, today = lock_plan(plan_id), lender_date(now)
    if plan.status == RestructuringPlan.Status.WITHDRAWN:
        return plan
    if not plan.is_running or today > plan.withdraw_until:
        raise WithdrawalRefused(
            _("This plan could be taken back up to %(day)s. If it no longer fits, ask for help; a person answers."),
            params={"day": plan.withdraw_until},
        )
    if _paid_since(plan):
        raise WithdrawalRefused(
            _("Something was paid under this plan, so it holds. If it no longer fits, ask for help; a person answers.")
        )
    _undo(plan, today=today, actor=actor)
    plan.status, plan.ended_on = RestructuringPlan.Status.WITHDRAWN, today
    if plan.is_observed:
        plan.is_observed, plan.observation_ended_on = False, today
    plan.save(update_fields=["status", "ended_on", "is_observed", "observation_ended_on"])
    if plan.amendment_id is not None:
        revoke_document(document_id=plan.amendment_id, note=f"plan {plan.reference} taken back", now=now, actor=actor)
    _restore_replaced(plan)
    _restore_agreed(plan, today=today)
    note_plan("withdrawn", plan, actor)
    return plan


def _undo(plan: RestructuringPlan, *, today: date, actor: str) -> None:
    """Undo what booked a plan; the loans that became one run on, and count the days as their holds say."""
    reason = f"plan {plan.reference} taken back"
    if not is_consolidation(plan.offer.acts):
        for event_id in reversed(plan.events):
            undo_event(event_id=event_id, today=today, reason=reason, actor=actor)
        return
    loan_ids = take_back_consolidation(loan_id=plan.loan_id, today=today, reason=reason, actor=actor)
    for loan_id in loan_ids:
        follow_holds(loan_id=loan_id, today=today, reason=reason, actor=actor)
    because = Because.PLAN.of(plan.reference)
    take_autopay_up_again(loan_ids=loan_ids, because=because, today=today, actor=actor)


def _paid_since(plan: RestructuringPlan) -> bool:
    return Payment.objects.filter(loan=plan.loan_id, event_id__gt=plan.after_event, is_returned=False).exists()


def _about(plan: RestructuringPlan) -> list[int]:
    """Return the loans that run on once the plan is taken back."""
    return list(plan.offer.acts[0]["data"]["loans"]) if is_consolidation(plan.offer.acts) else [plan.loan_id]


def _restore_replaced(plan: RestructuringPlan) -> None:
    """Let plans run on that this one had replaced, and their observation, if that had been ended for it."""
    for loan_id in _about(plan):
        earlier = RestructuringPlan.objects.filter(loan=loan_id, pk__lt=plan.pk).order_by("-pk")
        for replaced in earlier.filter(status="REPLACED", end_reason=Because.PLAN.of(plan.reference)):
            replaced.status = RestructuringPlan.Status(replaced.replaced_as or RestructuringPlan.Status.ACTIVE)
            replaced.ended_on, replaced.end_reason, replaced.replaced_as = None, "", ""
            replaced.save(update_fields=["status", "ended_on", "end_reason", "replaced_as"])
        if not plan.flag:  # another due day ended no observation
            continue
        ended = earlier.filter(observation_ended_on=plan.accepted_on, observed_until__gt=plan.accepted_on)
        observed = ended.exclude(status="WITHDRAWN").first()
        if observed is not None:
            observed.is_observed, observed.observation_ended_on = True, None
            observed.save(update_fields=["is_observed", "observation_ended_on"])


def _restore_agreed(plan: RestructuringPlan, *, today: date) -> None:
    """
    Let what the borrower had promised or agreed to run on, where its days still hold.

    A day that passed while the plan stood was no day to pay on, so what named it stays as it is; so does what was
    agreed on before something newer.
    """
    about = _about(plan)
    ended = {"loan__in": about, "status": "CANCELLED", "end_reason": Because.PLAN.of(plan.reference)}
    runs_on = {"decided_on": None, "end_reason": ""}
    busy = {
        *PromiseToPay.objects.filter(status="OPEN", loan__in=about).values_list("loan_id", flat=True),
        *Arrangement.objects.running().filter(loan__in=about).values_list("loan_id", flat=True),
    }
    promises = PromiseToPay.objects.filter(**ended, due_on__gte=today).exclude(loan__in=busy)
    promises.update(status=PromiseToPay.Status.OPEN, **runs_on)
    passed = ArrangementPart.objects.filter(arrangement=OuterRef("pk"), due_on__gte=plan.accepted_on, due_on__lt=today)
    arrangements = Arrangement.objects.filter(~Exists(passed), **ended).exclude(loan__in=busy)
    arrangements.update(status=Arrangement.Status.ACTIVE, **runs_on)

"""What follows from plans of relief: the class a loan is held at, special events, whether it counts as forborne."""

from collections.abc import Iterable
from datetime import date

from collections_mgmt.domain.relief_plans import Floor
from collections_mgmt.models import RestructuringPlan


def observed_plans(loan_ids: Iterable[int]) -> dict[int, RestructuringPlan]:
    """Return the plan that each loan is observed under, by loan."""
    found = RestructuringPlan.objects.filter(loan__in=list(loan_ids), is_observed=True)
    return {plan.loan_id: plan for plan in found}


def forborne_plans(loan_ids: Iterable[int], on: date) -> dict[int, RestructuringPlan]:
    """Return the newest plan under which each loan counts as forborne on a day: observed, or on probation."""
    found = RestructuringPlan.objects.filter(loan__in=list(loan_ids)).exclude(status="WITHDRAWN").order_by("pk")
    return {plan.loan_id: plan for plan in found if plan.is_observed or on < plan.forborne_until}


def forborne_of_borrower(borrower_id: int, on: date) -> list[RestructuringPlan]:
    """Return the plans under which loans of a borrower that still run count as forborne on a day; one query."""
    found = RestructuringPlan.objects.filter(loan__borrower=borrower_id, loan__status__in=("ACTIVE", "CHARGED_OFF"))
    plans = found.exclude(status="WITHDRAWN").select_related("loan").order_by("loan_id", "pk")
    newest = {plan.loan_id: plan for plan in plans if plan.is_observed or on < plan.forborne_until}
    return list(newest.values())


def floors_of(loan_id: int) -> list[Floor]:
    """Return at what class and stage the loan was held, and when."""
    plans = RestructuringPlan.objects.filter(loan=loan_id).order_by("pk")
    return [Floor(plan.accepted_on, plan.observation_ended_on, plan.tier_floor, plan.stage_floor) for plan in plans]


def special_event(loan_id: int, first: date, last: date) -> str:
    """Return the special event of the newest plan that was accepted within these days and holds; "" for none."""
    plans = RestructuringPlan.objects.filter(loan=loan_id, accepted_on__range=(first, last))
    found = plans.exclude(status="WITHDRAWN").order_by("-pk").values_list("credit_event", flat=True).first()
    return found or ""

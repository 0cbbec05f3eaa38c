"""Write a loan's overdue history anew after a restatement: what was past due, in the light of what is known now."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max

from collections_mgmt.domain.relief_plans import Floor, at_worst
from collections_mgmt.models import CloseRun, OverdueChange, OverdueStatus
from collections_mgmt.selectors.relief_plans import floors_of
from collections_mgmt.services.reassess_loan import reassess_loan
from collections_mgmt.services.scales import scales_on
from loans.models import Loan
from repayments.models import Restatement
from repayments.selectors.past_days import loan_by_day
from repayments.services.booking import lock_loan


@transaction.atomic
def refresh_history(*, loan_id: int, event_id: int, today: date) -> None:
    """
    Correct the changes of bucket, classification and stage from the restatement's value date to the latest closed date.

    What was known before is not lost: `repayments.selectors.past_days` answers for any day as known at any moment.
    """
    loan = lock_loan(loan_id)
    from_on = Restatement.objects.get(pk=event_id).from_on
    latest = CloseRun.objects.filter(status=CloseRun.Status.CLOSED).aggregate(on=Max("business_date"))["on"]
    if latest is not None and latest >= from_on:
        OverdueChange.objects.filter(loan_id=loan_id, changed_on__gte=from_on, changed_on__lte=latest).delete()
        changes = _changes(loan, from_on, latest)
        OverdueChange.objects.bulk_create(changes)
        if changes:
            _stand_where_history_ends(changes[-1], latest)
    reassess_loan(loan_id=loan_id, as_of=today)


def _changes(loan: Loan, first: date, last: date) -> list[OverdueChange]:
    kind = Loan.objects.values_list("product_terms__product__kind", flat=True).get(pk=loan.pk)
    floors = floors_of(loan.pk)
    changes: list[OverdueChange] = []
    before: tuple[str, str, str] | None = None
    for day in loan_by_day(loan, first=first - timedelta(days=1), last=last):
        days = day.arrears.days_past_due
        labels = _labels(kind, day.as_of, days, floors)
        if before is None:
            before = labels if day.as_of < first else _labels(kind, day.as_of, 0, floors)
        if labels != before and day.as_of >= first:
            changes.append(
                OverdueChange(
                    loan_id=loan.pk,
                    changed_on=day.as_of,
                    days_past_due=days,
                    bucket_before=before[0],
                    bucket=labels[0],
                    classification_before=before[1],
                    classification=labels[1],
                    stage_before=before[2],
                    stage=labels[2],
                )
            )
        before = labels
    return changes


def _stand_where_history_ends(last: OverdueChange, latest: date) -> None:
    """Let the status continue what the history says, so that the next count does not note the same change again."""
    labels = {"bucket": last.bucket, "classification": last.classification, "stage": last.stage}
    nothing = dict.fromkeys(("principal_minor", "interest_minor", "fee_minor", "penalty_minor"), 0)
    days = {"days_past_due": last.days_past_due, "effective_days_past_due": last.days_past_due}
    OverdueStatus.objects.update_or_create(
        loan_id=last.loan_id, defaults=labels, create_defaults={"as_of": latest, **days, **nothing, **labels}
    )


def _labels(kind: str, on: date, days: int, floors: Sequence[Floor]) -> tuple[str, str, str]:
    scales = scales_on(on)
    held = [floor for floor in floors if floor.holds_on(on)]
    tier = at_worst(scales.tiers[kind], days, (floor.tier for floor in held))
    stage = at_worst(scales.stages, days, (floor.stage for floor in held)) if scales.stages else ""
    return scales.buckets.code_for(days), tier, stage

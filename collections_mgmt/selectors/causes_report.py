"""What borrowers' difficulties came from, against what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from collections_mgmt.models import HardshipRequest, OverdueChange, WarningLead
from dashu.kernel.dates import midnight

FAR_BEHIND = 30  # days past due, more than which is counted as having fallen behind after all


@dataclass(frozen=True, slots=True)
class CauseOutcomes:
    """
    Of the early warnings and requests for help of one cause, how many.

    :param cause: "" where nobody noted one.
    :param cured: warnings that are over because what was noticed no longer holds, or all is paid.
    :param behind: warnings after which a loan of the person was more than `FAR_BEHIND` days behind.
    :param plans: requests that a plan was promised for.
    """

    cause: str
    warnings: int = 0
    offered: int = 0
    cured: int = 0
    behind: int = 0
    requests: int = 0
    plans: int = 0


def outcomes_by_cause(*, first: date, today: date) -> Sequence[CauseOutcomes]:
    """Return the outcomes of what was opened or asked for from `first` to `today`, the most frequent cause first."""
    later = OverdueChange.objects.filter(
        loan__borrower=OuterRef("borrower"),
        days_past_due__gt=FAR_BEHIND,
        changed_on__gte=OuterRef("opened_on"),
        changed_on__lte=today,
    )
    leads = WarningLead.objects.filter(opened_on__range=(first, today)).annotate(is_behind=Exists(later))
    over = Q(ending__in=[WarningLead.Ending.OVER, WarningLead.Ending.PAID])
    found: dict[str, dict[str, Any]] = {
        row["cause"]: dict(row)
        for row in leads.values("cause").annotate(
            warnings=Count("pk"),
            offered=Count("pk", filter=Q(offered_on__isnull=False)),
            cured=Count("pk", filter=over & Q(is_behind=False)),
            behind=Count("pk", filter=Q(is_behind=True)),
        )
    }
    days = {"asked_at__gte": midnight(first), "asked_at__lt": midnight(today + timedelta(days=1))}
    asked = HardshipRequest.objects.filter(**days).exclude(outcome="WITHDRAWN")
    for row in asked.values("cause").annotate(
        requests=Count("pk"), plans=Count("pk", filter=Q(outcome=HardshipRequest.Outcome.PLAN))
    ):
        found.setdefault(row["cause"], {"cause": row["cause"]}).update(row)
    outcomes = [CauseOutcomes(**row) for row in found.values()]
    return sorted(outcomes, key=lambda each: (-each.warnings - each.requests, each.cause))

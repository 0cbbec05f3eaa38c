"""The sums of a run by stage: measured once, when it is calculated, and kept with it."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Sum

from dashu.provisioning.models import LoanProvision, ProvisionRun


@dataclass(frozen=True, slots=True)
class StageFigures:
    """Minor units."""

    stage: str
    loans: int
    ead_minor: int
    ecl_minor: int
    overlay_minor: int
    five_tier_minor: int


def by_stage(run: ProvisionRun) -> list[StageFigures]:
    return [StageFigures(**each) for each in run.stages]


def measured_by_stage(run: ProvisionRun) -> list[dict[str, Any]]:
    """Return what `ProvisionRun.stages` keeps, from the lines of the run."""
    rows = (
        LoanProvision.objects.filter(run=run)
        .values_list("stage")
        .annotate(Count("loan_id"), Sum("ead_minor"), Sum("ecl_minor"), Sum("overlay_minor"), Sum("five_tier_minor"))
        .order_by("stage")
    )
    return [asdict(StageFigures(stage, *(int(each) for each in sums))) for stage, *sums in rows]

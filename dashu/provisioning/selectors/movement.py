"""How the provision moved since the run before: between stages, and why. Every table adds up to the minor unit."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection

from dashu.provisioning.models import STAGES, ProvisionRun
from dashu.provisioning.selectors.history import LOST


class Step(StrEnum):
    """The lines of the movement table, in their order."""

    OPENING = "OPENING"
    TO_1 = "TO_1"
    TO_2 = "TO_2"
    TO_3 = "TO_3"
    NEW = "NEW"
    GONE = "GONE"
    WRITTEN_OFF = "WRITTEN_OFF"
    REMEASURED = "REMEASURED"
    CLOSING = "CLOSING"


class Cause(StrEnum):
    """Why the provision is another, in the order in which the parts are taken apart."""

    STAGE = "STAGE"
    PD = "PD"
    LGD = "LGD"
    EXPOSURE = "EXPOSURE"
    OVERLAY = "OVERLAY"
    NEW = "NEW"
    GONE = "GONE"
    WRITTEN_OFF = "WRITTEN_OFF"


@dataclass(frozen=True, slots=True)
class Movement:
    """
    :param amounts: `{(step, stage): minor}` with the signs that lead from opening to closing. A transfer takes what was
        held for a loan out of its old stage and into its new one; what it is worth there besides is remeasured.
    :param loans: `{(step, stage): loans}` of opening, new, gone, written off and closing.
    :param causes: `{cause: minor}`; they add up to closing less opening.
    """

    amounts: dict[tuple[Step, str], int]
    loans: dict[tuple[Step, str], int]
    causes: dict[Cause, int]

    def total(self, step: Step) -> int:
        return sum(self.amounts[step, stage] for stage in STAGES)

    def as_json(self) -> dict[str, Any]:
        return {
            "amounts": [[step.value, stage, minor] for (step, stage), minor in self.amounts.items()],
            "loans": [[step.value, stage, count] for (step, stage), count in self.loans.items()],
            "causes": {cause.value: minor for cause, minor in self.causes.items()},
        }


# What a loan carries is probability × share lost × an exposure that stands for its plan and discount. One after the
# other is replaced by what it is now; each step is rounded, and the last takes what is left.
_PAIRS = """
    WITH before AS (
        SELECT *, CASE stage WHEN '1' THEN pd_12 ELSE pd_lifetime END AS pd
        FROM provisioning_loanprovision WHERE run_id = %(previous)s
    ), now AS (
        SELECT *, CASE stage WHEN '1' THEN pd_12 ELSE pd_lifetime END AS pd
        FROM provisioning_loanprovision WHERE run_id = %(run)s
    ), pair AS (
        SELECT before.stage AS stage_before, now.stage, before.total_minor AS total_before, now.total_minor AS total,
               before.ecl_minor AS ecl_before, now.ecl_minor AS ecl,
               before.overlay_minor AS overlay_before, now.overlay_minor AS overlay,
               CASE WHEN before.pd > 0 THEN round(before.ecl_minor * now.pd / before.pd)
                    ELSE before.ecl_minor END AS by_pd,
               CASE WHEN before.lgd > 0 THEN now.lgd / before.lgd ELSE 1 END AS lgd_ratio,
               CASE WHEN before.pd > 0 THEN now.pd / before.pd ELSE 1 END AS pd_ratio,
               CASE WHEN now.loan_id IS NULL THEN EXISTS (
                   SELECT FROM collections_mgmt_loanmonth AS row
                   WHERE row.loan_id = before.loan_id AND row.month > %(since)s AND row.month <= %(month)s
                     AND row.status = ANY(%(lost)s)) END AS is_lost
        FROM before FULL JOIN now ON now.loan_id = before.loan_id
    )
    SELECT stage_before, stage, is_lost, COUNT(*), COALESCE(SUM(total_before), 0)::bigint,
           COALESCE(SUM(total), 0)::bigint,
           COALESCE(SUM(ecl - ecl_before), 0)::bigint,
           COALESCE(SUM(by_pd - ecl_before), 0)::bigint,
           COALESCE(SUM(round(ecl_before * pd_ratio * lgd_ratio) - by_pd), 0)::bigint,
           COALESCE(SUM(overlay - overlay_before), 0)::bigint
    FROM pair GROUP BY 1, 2, 3
"""


def movement_of(run: ProvisionRun) -> Movement:
    """Return how the run came from the posted one that it is compared with, as it was measured with it."""
    kept = run.movement
    return Movement(
        {(Step(step), stage): minor for step, stage, minor in kept["amounts"]},
        {(Step(step), stage): count for step, stage, count in kept["loans"]},
        {Cause(cause): minor for cause, minor in kept["causes"].items()},
    )


def measured_movement(run: ProvisionRun) -> Movement:
    """
    Return what `ProvisionRun.movement` keeps, from the lines of both runs.

    Without one, the opening is 0 and every loan is new.
    """
    amounts: Counter[tuple[Step, str]] = Counter({(step, stage): 0 for step in Step for stage in STAGES})
    loans: Counter[tuple[Step, str]] = Counter()
    causes: Counter[Cause] = Counter(dict.fromkeys(Cause, 0))
    previous = run.previous
    with connection.cursor() as cursor:
        cursor.execute(
            _PAIRS,
            {
                "run": run.pk,
                "previous": previous.pk if previous else None,
                "since": previous.month if previous else run.month,
                "month": run.month,
                "lost": list(LOST),
            },
        )
        rows = cursor.fetchall()
    for before, stage, is_lost, count, opening, closing, ecl, by_pd, by_lgd, overlay in rows:
        if before:
            amounts[Step.OPENING, before] += opening
            loans[Step.OPENING, before] += count
        if stage:
            amounts[Step.CLOSING, stage] += closing
            loans[Step.CLOSING, stage] += count
        if before and stage:
            if before != stage:
                amounts[Step(f"TO_{stage}"), before] -= opening
                amounts[Step(f"TO_{stage}"), stage] += opening
                causes[Cause.STAGE] += ecl
            else:
                causes[Cause.PD] += by_pd
                causes[Cause.LGD] += by_lgd
                causes[Cause.EXPOSURE] += ecl - by_pd - by_lgd
            amounts[Step.REMEASURED, stage] += closing - opening
            causes[Cause.OVERLAY] += overlay
        elif stage:
            amounts[Step.NEW, stage] += closing
            loans[Step.NEW, stage] += count
            causes[Cause.NEW] += closing
        else:
            step = Step.WRITTEN_OFF if is_lost else Step.GONE
            amounts[step, before] -= opening
            loans[step, before] += count
            causes[Cause(step.value)] -= opening
    found = Movement(dict(amounts), dict(loans), dict(causes))
    _assert_adds_up(found)
    return found


def _assert_adds_up(movement: Movement) -> None:
    for stage in STAGES:
        moved = sum(movement.amounts[step, stage] for step in Step if step is not Step.CLOSING)
        assert moved == movement.amounts[Step.CLOSING, stage], f"stage {stage}: {moved}"
    moved = movement.total(Step.CLOSING) - movement.total(Step.OPENING)
    assert sum(movement.causes.values()) == moved, f"{movement.causes} is not {moved}"

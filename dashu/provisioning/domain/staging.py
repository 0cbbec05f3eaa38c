"""
In which stage of impairment a loan stands at the end of a month, and why.

The close gives each loan a stage by its days past due and by the floors of what was agreed on it. Here an early warning
can raise it, and a loan that had reason for a worse stage lately stays there for its probation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class StageReason(StrEnum):
    PERFORMING = "PERFORMING"
    DAYS_PAST_DUE = "DAYS_PAST_DUE"
    FORBORNE = "FORBORNE"
    FLAG = "FLAG"
    WARNING = "WARNING"
    PROBATION = "PROBATION"


@dataclass(frozen=True, slots=True)
class Facts:
    """
    :param by_days: the stage by days past due alone. :param by_close: with the floors of the close.
    :param lately: the stages by the close of the month ends before, the latest first.
    """

    by_days: str
    by_close: str
    is_restructured: bool = False
    has_strong_warning: bool = False
    lately: Sequence[str] = ()


def stage_of(facts: Facts, *, warning_stage: str, probation: Mapping[str, int]) -> tuple[str, StageReason]:
    """
    Return the stage, "1" to "3", and the strongest reason for it; of two that ask for the same, the first here.

    :param warning_stage: of a loan with a strong early warning, "" for none.
    :param probation: `{stage: month ends without a reason before a loan leaves it}`.
    """
    stage, reason = facts.by_days, StageReason.DAYS_PAST_DUE if facts.by_days > "1" else StageReason.PERFORMING
    if facts.by_close > stage:
        stage, reason = facts.by_close, StageReason.FORBORNE if facts.is_restructured else StageReason.FLAG
    if facts.has_strong_warning and warning_stage > stage:
        stage, reason = warning_stage, StageReason.WARNING
    for held, months in sorted(probation.items(), reverse=True):
        if held > stage and held in facts.lately[:months]:
            return held, StageReason.PROBATION
    return stage, reason

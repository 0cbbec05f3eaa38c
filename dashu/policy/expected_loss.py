"""How expected credit loss is measured, and which provision the ledger holds, as a policy pack writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from dashu.policy.plain import count, whole
from dashu.policy.rate_bounds import fraction


class ProvisionBasis(StrEnum):
    """Which provision the ledger holds. `GREATER` is decided product by product."""

    FIVE_TIER = "FIVE_TIER"
    ECL = "ECL"
    GREATER = "GREATER"


@dataclass(frozen=True, slots=True)
class Scenario:
    """
    A course that the economy may take.

    :param weight: its probability; those of all scenarios add up to 1.
    :param odds: by how much the odds of a default in a month are multiplied.
    :param loss: by how much the share that is lost in a default is multiplied; it never exceeds 1.
    """

    code: str
    weight: Decimal
    odds: Decimal
    loss: Decimal


@dataclass(frozen=True, slots=True)
class ExpectedLossRules:
    """
    :param window_months: of which the moves between buckets are counted.
    :param least_loans: moves of a product from one bucket; with fewer, those of the whole book are taken.
    :param default_from_days: past due from which a loan is in default.
    :param first_stage_months: for which a loan in stage 1 answers.
    :param behind_months: a loan that is behind answers for at least so many months, even past its last due date.
    :param pd_floor: the least probability of default of a year.
    :param workout_months: after a default in which what comes in counts.
    :param least_defaults: of a product from which its own loss is estimated; with fewer, from the whole book.
    :param lgd_floor: the least share lost. :param lgd_fallback: the share where too few defaults are known.
    :param probation_months: a loan leaves a stage only after so many month ends without a reason for it.
    :param warning_stage: of a loan whose borrower has an open and strong early warning; "" for no such rule.
    """

    window_months: int
    least_loans: int
    default_from_days: int
    first_stage_months: int
    behind_months: int
    pd_floor: Decimal
    workout_months: int
    least_defaults: int
    lgd_floor: Decimal
    lgd_fallback: Decimal
    probation_months: Mapping[str, int]
    warning_stage: str
    scenarios: tuple[Scenario, ...]


def basis_of(value: Any) -> ProvisionBasis:
    return ProvisionBasis(value)


def expected_loss_of(value: Any) -> ExpectedLossRules:
    rules = ExpectedLossRules(
        window_months=whole(value["window_months"]),
        least_loans=whole(value["least_loans"]),
        default_from_days=whole(value["default_from_days"]),
        first_stage_months=whole(value["first_stage_months"]),
        behind_months=whole(value["behind_months"]),
        pd_floor=_share(value["pd_floor"]),
        workout_months=whole(value["workout_months"]),
        least_defaults=whole(value["least_defaults"]),
        lgd_floor=_share(value["lgd_floor"]),
        lgd_fallback=_share(value["lgd_fallback"]),
        probation_months={str(stage): count(months) for stage, months in value["probation_months"].items()},
        warning_stage=str(value["warning_stage"]),
        scenarios=tuple(map(_scenario, value["scenarios"])),
    )
    counts = (
        rules.window_months,
        rules.least_loans,
        rules.default_from_days,
        rules.first_stage_months,
        rules.behind_months,
        rules.workout_months,
        rules.least_defaults,
    )
    if min(counts) < 1 or max(rules.window_months, rules.workout_months, rules.behind_months) > 120:
        raise ValueError(f"numbers of months, days and loans are at least 1 and months at most 120, not {counts}")
    if len({each.code for each in rules.scenarios}) != len(rules.scenarios):
        raise ValueError("each scenario stands once")
    if sum(each.weight for each in rules.scenarios) != 1:
        raise ValueError("the weights of the scenarios add up to 1")
    if rules.warning_stage not in ("", "1", "2", "3") or not rules.probation_months.keys() <= {"2", "3"}:
        raise ValueError("the stages are 1, 2 and 3, and probation is of 2 and 3")
    if rules.lgd_fallback < rules.lgd_floor:
        raise ValueError("lgd_fallback lies below lgd_floor")
    return rules


def _scenario(each: Any) -> Scenario:
    scenario = Scenario(str(each["code"]), _share(each["weight"]), fraction(each["odds"]), fraction(each["loss"]))
    if not (0 < scenario.odds <= 100 and scenario.loss <= 10):
        raise ValueError(f"odds lie above 0 and up to 100, loss up to 10, not {each}")
    return scenario


def _share(value: Any) -> Decimal:
    share = fraction(value)
    if share > 1:
        raise ValueError(f"a share lies between 0 and 1, not {share}")
    return share

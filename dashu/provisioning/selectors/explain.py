"""The figure of one loan, taken apart: what went in, month by month, and what came of it in each scenario."""

from dataclasses import dataclass
from decimal import Decimal

from collections_mgmt.models import LoanMonth
from dashu.policy import rules as policy
from dashu.provisioning.domain.loss import Loss, Outlook, discount_factors
from dashu.provisioning.estimates import Estimates, read_estimates
from dashu.provisioning.models import LoanProvision


@dataclass(frozen=True, slots=True)
class MonthStep:
    """
    One month to come.

    :param factor: that discounts it. :param probabilities: of a default in it, scenario by scenario.
    """

    month: int
    exposure_minor: int
    factor: Decimal
    probabilities: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    :param standing: the row of the snapshot that it came from; None where that is no longer there.
    :param losses: the share lost, scenario by scenario. :param loss: calculated again from what is shown.
    :param tier_rate: what the five tiers set aside of its exposure.
    """

    line: LoanProvision
    estimates: Estimates
    standing: LoanMonth | None
    steps: tuple[MonthStep, ...]
    losses: tuple[Decimal, ...]
    loss: Loss
    tier_rate: Decimal | None

    @property
    def is_in_default(self) -> bool:
        return self.line.stage == "3"


def explain(line: LoanProvision) -> Explanation:
    """Return how the figure of a loan came about, from what was kept of its run. `line.run.model` is read."""
    run = line.run
    estimates = read_estimates(run.model.content)
    outlook = estimates.outlook(line.product, line.bucket, line.default_months)
    in_default = line.stage == "3"
    if in_default:
        loss = outlook.in_default(line.ead_minor)
    else:
        loss = outlook.expected(line.exposures, line.monthly_rate, months=line.months)
    return Explanation(
        line=line,
        estimates=estimates,
        standing=LoanMonth.objects.filter(month=run.month, loan_id=line.loan_id).first(),
        steps=() if in_default else _steps(line, outlook),
        losses=tuple(course.loss for course in outlook.courses),
        loss=loss,
        tier_rate=policy.provision_rates(run.month_end).get(line.classification),
    )


def _steps(line: LoanProvision, outlook: Outlook) -> tuple[MonthStep, ...]:
    factors = discount_factors(line.monthly_rate, line.months)
    return tuple(
        MonthStep(
            month=place + 1,
            exposure_minor=line.exposures[place],
            factor=Decimal(factors[place]).scaleb(-12),
            probabilities=tuple(course.curve[place] for course in outlook.courses),
        )
        for place in range(line.months)
    )

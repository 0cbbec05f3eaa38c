"""
Calculate the expected credit loss of a month: estimate, stage, measure every loan, add the overlays.

Loans are read and written in batches, so memory does not grow with the book. All is one transaction: a run that is
there is complete.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import LoanMonth
from collections_mgmt.services.book_portfolio import ClassificationWithoutProvision
from dashu import events
from dashu.audit import services as audit
from dashu.finance.arrears import Scale
from dashu.finance.rounding import Rounding, to_minor
from dashu.kernel.arrays import array_text
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.expected_loss import ExpectedLossRules
from dashu.provisioning.domain.exposure import exposures
from dashu.provisioning.domain.loss import monthly_rate
from dashu.provisioning.domain.staging import Facts, stage_of
from dashu.provisioning.estimates import Estimates, estimate
from dashu.provisioning.models import LoanProvision, LossModel, ProvisionRun
from dashu.provisioning.selectors.backtest import backtest
from dashu.provisioning.selectors.inputs import inputs_digest
from dashu.provisioning.selectors.loans_at import LoanAt, loans_at, loans_with_strong_warning
from dashu.provisioning.selectors.movement import measured_movement
from dashu.provisioning.selectors.posted import latest_posted
from dashu.provisioning.selectors.stages import measured_by_stage
from dashu.provisioning.services.spread_overlays import spread_overlays

_LOCK = 4_711_012

COLUMNS = (
    "run_id",
    "loan_id",
    "product",
    "bucket",
    "classification",
    "stage_before",
    "stage",
    "reason",
    "months",
    "default_months",
    "pd_12",
    "pd_lifetime",
    "lgd",
    "monthly_rate",
    "ead_minor",
    "exposures",
    "ecl_scenarios",
    "ecl_minor",
    "five_tier_minor",
)


class MonthNotKept(DomainError):
    """The snapshot of the month is not there, so nothing can be calculated from it."""

    code = "month_not_kept"
    http_status = 409


@transaction.atomic
def calculate_run(*, month: date, currency: str, actor: str) -> ProvisionRun:
    """
    Calculate the expected credit loss at the end of a month; nothing is posted.

    A draft of the same month whose inputs are the same is returned as it is; an older draft gives way.

    :param month: its first day.
    :raises MonthNotKept: the close has not kept this month. :raises PolicyRuleMissing: the pack has no rule for it.
    :raises ClassificationWithoutProvision: the pack has no share for a class that loans have.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    run = ProvisionRun(month=month, currency=currency, made_by=actor)
    if not LoanMonth.objects.filter(month=month, currency=currency).exists():
        raise MonthNotKept(
            _("The books of %(month)s are not kept yet. They are when its last night is closed."),
            field="month",
            params={"month": f"{month:%Y-%m}"},
        )
    estimates = estimate(month, month_end=run.month_end, currency=currency)
    run.inputs = inputs_digest(month, month_end=run.month_end, currency=currency, estimates=estimates)
    of_month = ProvisionRun.objects.filter(month=month, currency=currency)
    latest = of_month.order_by("-number").first()
    if latest is not None and latest.inputs == run.inputs:
        return latest
    of_month.filter(status=ProvisionRun.Status.DRAFT).delete()
    run.number = (of_month.aggregate(latest=Max("number"))["latest"] or 0) + 1
    run.previous = latest_posted(currency, before=month)
    run.model = _model_of(run, estimates)
    run.save(force_insert=True)
    _write_lines(run, estimates)
    spread_overlays(run)
    _sum_up(run)
    audit.record(
        action="provisioning.calculated",
        subject_type="provision_run",
        subject_id=run.pk,
        actor=actor,
        data={"month": month, "currency": currency, "loans": run.loans, "ecl_minor": run.ecl_minor},
    )
    return run


def ask_month(*, month: date, currency: str, actor: str) -> None:
    """Have a month calculated in the background; see `calculate_run`."""
    events.publish("provisioning.month_asked", month=month.isoformat(), currency=currency, actor=actor)


def _model_of(run: ProvisionRun, estimates: Estimates) -> LossModel:
    model, is_new = LossModel.objects.get_or_create(
        month=run.month, currency=run.currency, digest=estimates.digest, defaults={"content": estimates.as_json()}
    )
    if is_new:
        model.backtest = backtest(run.month, currency=run.currency)
        model.save(update_fields=["backtest"])
    return model


def _write_lines(run: ProvisionRun, estimates: Estimates) -> None:
    rules = policy.expected_loss(run.month_end)
    measure = Measure(run, estimates, rules)
    batches = loans_at(
        run.month,
        month_end=run.month_end,
        currency=run.currency,
        default_buckets=estimates.buckets.default,
        looks_back=max(rules.probation_months.values(), default=0),
        previous_id=run.previous_id,
    )
    for batch in batches:
        _copy(measure.line(loan) for loan in batch)


class Measure:
    """Measures loans one by one, in the order of their ids; see `line`."""

    def __init__(self, run: ProvisionRun, estimates: Estimates, rules: ExpectedLossRules) -> None:
        self.run, self.estimates, self.rules = run, estimates, rules
        self.by_days: Scale = policy.impairment_stages(run.month_end).by_days
        self.tiers = FiveTier(policy.provision_rates(run.month_end))
        self.warned = loans_with_strong_warning(run.month_end) if rules.warning_stage else frozenset()
        self.is_in_default = frozenset(estimates.buckets.default)

    def line(self, loan: LoanAt) -> tuple[Any, ...]:
        """Return the values of `COLUMNS`."""
        rules, standing = self.rules, loan.standing
        by_days = "3" if loan.bucket in self.is_in_default else self.by_days.code_for(loan.days_past_due)
        facts = Facts(
            by_days=by_days,
            by_close=max(by_days, loan.stage),
            is_restructured=loan.is_restructured,
            has_strong_warning=loan.loan_id in self.warned,
            lately=loan.lately,
        )
        stage, reason = stage_of(facts, warning_stage=rules.warning_stage, probation=rules.probation_months)
        rate = monthly_rate(loan.annual_rate, loan.all_in_rate)
        outlook = self.estimates.outlook(loan.product, loan.bucket, loan.default_months)
        if stage == "3":
            due = [standing.exposure_minor]
            loss = outlook.in_default(standing.exposure_minor)
        else:
            due = exposures(standing, least_months=rules.behind_months if loan.days_past_due else 0)
            reach = rules.first_stage_months if stage == "1" else len(due)
            loss = outlook.expected(due, rate, months=reach)
            due = due[:reach]
        before = loan.run_stage or (loan.lately[0] if loan.lately else "")
        return (
            self.run.pk,
            loan.loan_id,
            loan.product,
            loan.bucket,
            loan.classification,
            before,
            stage,
            reason.value,
            len(due),
            loan.default_months,
            loss.pd_12,
            loss.pd_lifetime,
            self.estimates.share(loan.product).after(loan.default_months),
            rate,
            standing.exposure_minor,
            array_text(due),
            array_text(loss.scenarios),
            loss.minor,
            self.tiers.of(loan),
        )


class FiveTier:
    """
    What the five tiers set aside for each loan, so that the loans of one state add up to what the close sets aside.

    The close rounds each state as a whole. Loan by loan, in the order of their ids, each gets by how much the rounded
    sum up to it exceeds that up to the one before.
    """

    def __init__(self, rates: Mapping[str, Decimal]) -> None:
        self._rates = rates
        self._exposure: Counter[tuple[str, ...]] = Counter()
        self._rounded: Counter[tuple[str, ...]] = Counter()

    def of(self, loan: LoanAt) -> int:
        if loan.classification not in self._rates:
            raise ClassificationWithoutProvision(
                _("The rule provision.rates has no share for %(classification)s. Add it to the policy pack."),
                params={"classification": loan.classification},
            )
        state = (loan.product, loan.bucket, loan.classification, loan.stage)
        self._exposure[state] += loan.standing.exposure_minor
        rounded = to_minor(self._rates[loan.classification] * self._exposure[state], Rounding.HALF_UP)
        share, self._rounded[state] = rounded - self._rounded[state], rounded
        return share


def _copy(lines: Iterable[tuple[Any, ...]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(lines)
    buffer.seek(0)
    table, columns = LoanProvision._meta.db_table, ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(
            f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL (classification, stage_before))",
            buffer,
        )


def _sum_up(run: ProvisionRun) -> None:
    rows = (
        LoanProvision.objects.filter(run=run)
        .values_list("product")
        .annotate(Sum("ecl_minor"), Sum("overlay_minor"), Sum("five_tier_minor"))
        .order_by("product")
    )
    run.totals = {
        product: {"ecl": int(ecl), "overlay": int(overlay), "five_tier": int(tiers), "total": int(ecl + overlay)}
        for product, ecl, overlay, tiers in rows
    }
    run.loans = LoanProvision.objects.filter(run=run).count()
    run.ecl_minor = sum(each["ecl"] for each in run.totals.values())
    run.overlay_minor = sum(each["overlay"] for each in run.totals.values())
    run.five_tier_minor = sum(each["five_tier"] for each in run.totals.values())
    run.stages, run.movement = measured_by_stage(run), measured_movement(run).as_json()
    run.save()

"""The figure of one loan in sentences, each with its formula."""

from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.provisioning.models import REASONS
from dashu.provisioning.presenting import EVIDENCE, SCENARIOS, percent, stage_words
from dashu.provisioning.selectors.explain import Explanation
from dashu.web.staff_tables import Column, Table, wrapped
from dashu.web.templatetags.dashu import money

DIGITS = 4  # of a percent


def sentences_table(given: Explanation) -> Table:
    """Return the steps from the loan to its figure."""
    return Table(
        title=_("step by step"),
        columns=[Column(_("step")), Column(_("amount or share"), is_number=True), Column(_("what it is"))],
        rows=[[title, figure, wrapped(words)] for title, words, figure in _steps(given)],
        empty="",
    )


def _steps(given: Explanation) -> list[tuple[str, str, str]]:
    line, currency = given.line, given.line.run.currency
    share = given.estimates.share(line.product)
    steps = [
        (gettext("Stage"), _stage_words(given), stage_words(line.stage)),
        (gettext("Exposure"), _exposure_words(given), money(line.ead_minor, currency)),
        _probability(given),
        (
            gettext("Share lost in a default"),
            gettext("One less what comes in later, discounted. Taken from: %(evidence)s.")
            % {"evidence": EVIDENCE[share.evidence]},
            percent(line.lgd, DIGITS),
        ),
        (
            gettext("Discount"),
            gettext("At the effective rate of the loan: month t counts 1 ÷ (1 + %(rate)s)^t.")
            % {"rate": percent(line.monthly_rate, DIGITS)},
            percent(line.monthly_rate, DIGITS),
        ),
    ]
    weights = []
    for scenario, minor in zip(given.estimates.scenarios, line.ecl_scenarios, strict=True):
        name = SCENARIOS.get(scenario.code, scenario.code)
        steps.append((gettext("Scenario: %(name)s") % {"name": name}, _scenario_words(given), money(minor, currency)))
        weights.append(f"{percent(scenario.weight, 0)} × {money(minor, currency)}")
    steps.append((gettext("Expected credit loss"), _weighted_words(weights), money(line.ecl_minor, currency)))
    if line.overlay_minor:
        words = gettext("Its part of what is set aside on top, by its expected loss.")
        steps.append((gettext("Overlay"), words, money(line.overlay_minor, currency)))
    steps.append((gettext("Set aside"), gettext("Expected loss and overlay."), money(line.total_minor, currency)))
    steps.append((gettext("Five-tier provision"), _tier_words(given), money(line.five_tier_minor, currency)))
    return steps


def _stage_words(given: Explanation) -> str:
    line = given.line
    reason = next(words for code, words in REASONS.items() if code.value == line.reason)
    values = {"reason": reason, "bucket": line.bucket}
    if line.stage_before:
        values["before"] = stage_words(line.stage_before)
        return gettext("Because: %(reason)s. Bucket %(bucket)s; before it was in %(before)s.") % values
    return gettext("Because: %(reason)s. Bucket %(bucket)s; it is new.") % values


def _exposure_words(given: Explanation) -> str:
    row, currency = given.standing, given.line.run.currency
    if row is None:
        return gettext("What the balance sheet carried at the end of the month.")
    return gettext("Principal %(principal)s + due and unpaid %(due)s + interest earned, not yet due %(accrued)s.") % {
        "principal": money(row.principal_minor, currency),
        "due": money(row.interest_due_minor + row.fee_due_minor + row.penalty_minor, currency),
        "accrued": money(row.accrued_minor, currency),
    }


def _probability(given: Explanation) -> tuple[str, str, str]:
    line, estimates = given.line, given.estimates
    title = gettext("Probability of default")
    if given.is_in_default:
        return title, gettext("It has come: all that is open is how much is lost."), percent(Decimal(1), 0)
    matrix = estimates.matrix(line.product)
    row = matrix.rows[matrix.states.index(line.bucket)]
    words = gettext(
        "By the moves of %(first)s to %(last)s out of bucket %(bucket)s (%(loans)s loans; taken from: %(evidence)s), "
        "month after month. Within a year %(year)s; up to its end %(lifetime)s."
    ) % {
        "first": date_format(estimates.first, "Y-m"),
        "last": date_format(estimates.last, "Y-m"),
        "bucket": line.bucket,
        "loans": row.total,
        "evidence": EVIDENCE[row.evidence],
        "year": percent(line.pd_12, DIGITS),
        "lifetime": percent(line.pd_lifetime, DIGITS),
    }
    return title, words, percent(line.pd_12 if line.stage == "1" else line.pd_lifetime, DIGITS)


def _scenario_words(given: Explanation) -> str:
    if given.is_in_default:
        return gettext("Exposure × share lost in this scenario.")
    return gettext("Sum over %(months)s months of exposure × probability × discount, times the share lost.") % {
        "months": given.line.months
    }


def _weighted_words(weights: list[str]) -> str:
    return gettext("%(sum)s; the sum is rounded once, from scenarios that were not.") % {"sum": " + ".join(weights)}


def _tier_words(given: Explanation) -> str:
    if given.tier_rate is None:
        return ""
    return gettext("%(rate)s of the exposure, rounded together with the loans of its class.") % {
        "rate": percent(given.tier_rate, 0)
    }


def months_table(given: Explanation) -> Table:
    """Return the months that it answers for, with the loss that each adds, weighted over the scenarios."""
    names = [SCENARIOS.get(each.code, each.code) for each in given.estimates.scenarios]
    currency = given.line.run.currency
    return Table(
        title=_("month by month"),
        note=_("Share lost: %(shares)s.")
        % {"shares": ", ".join(f"{name} {percent(loss)}" for name, loss in zip(names, given.losses, strict=True))},
        columns=[
            Column(_("month")),
            Column(_("exposure"), is_number=True),
            Column(_("discount factor"), is_number=True),
            *(Column(gettext("probability of default: %(name)s") % {"name": name}, is_number=True) for name in names),
        ],
        rows=[
            [
                step.month,
                money(step.exposure_minor, currency),
                f"{step.factor:.8f}",
                *(percent(probability, DIGITS) for probability in step.probabilities),
            ]
            for step in given.steps
        ],
        empty=_("A loan in default has no months to come: its exposure of today times the share lost."),
    )

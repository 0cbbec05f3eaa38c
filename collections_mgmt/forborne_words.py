"""That a loan counts as forborne, as staff and its borrower read it: since when, how long, and what is reported."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from collections_mgmt.models import RestructuringPlan
from collections_mgmt.presenting import classification_label
from collections_mgmt.relief_words import METHODS
from dashu.finance.relief import ReliefMethod
from dashu.web.templatetags.dashu import lender_date


def method_of(plan: RestructuringPlan) -> str:
    return str(METHODS[ReliefMethod(plan.method)].name)


def staff_rows(plan: RestructuringPlan) -> Iterator[tuple[str, str]]:
    """Yield what a plan means for its loan: what it is called, and its value."""
    yield _("plan of relief"), f"{plan.reference} · {method_of(plan)}"
    yield _("status"), str(plan.get_status_display())
    yield _("accepted on"), lender_date(plan.accepted_on)
    yield _("forborne"), _("until %(day)s") % {"day": lender_date(plan.forborne_until)}
    if plan.is_observed:
        words = _("from %(first)s to %(last)s at least; a payment that is missed begins it anew")
        yield (
            _("observation"),
            words
            % {
                "first": lender_date(plan.observed_from),
                "last": lender_date(plan.observed_until),
            },
        )
        if plan.tier_floor:
            yield _("best class meanwhile"), _of_class(plan)
    elif plan.observation_ended_on is not None:
        yield _("observation"), _("ended on %(day)s") % {"day": lender_date(plan.observation_ended_on)}
        yield _("probation"), _("until %(day)s") % {"day": lender_date(plan.forborne_until)}
    yield _("special event in the credit record"), plan.credit_event or _("none")


def staff_line(plan: RestructuringPlan) -> str:
    """Say in a sentence that a loan counts as forborne, for whoever opens a file."""
    words = (
        _("%(loan)s counts as forborne until %(until)s: %(method)s, plan %(plan)s, observed to %(observed)s at least.")
        if plan.is_observed
        else _("%(loan)s counts as forborne until %(until)s: %(method)s, plan %(plan)s, on probation.")
    )
    return words % {
        "loan": plan.loan.number,
        "until": lender_date(plan.forborne_until),
        "method": method_of(plan),
        "plan": plan.reference,
        "observed": lender_date(plan.observed_until),
    }


def borrower_sentences(plan: RestructuringPlan) -> list[str]:
    """Return in plain words what is reported of a changed contract, and until when it counts."""
    told = [
        _("Since %(day)s this loan is paid by a plan that you agreed with us: %(method)s.")
        % {"day": lender_date(plan.accepted_on), "method": method_of(plan)}
    ]
    if plan.credit_event:
        told.append(
            _(
                "In the month of the change we report it once, as the special event %(code)s: the contract was changed."
                " Payments under the plan that come on time are reported as on time."
            )
            % {"code": plan.credit_event}
        )
    else:
        told.append(_("Payments under the plan that come on time are reported as on time."))
    until = {"until": lender_date(plan.forborne_until), "observed": lender_date(plan.observed_until)}
    if plan.is_observed:
        told.append(
            _(
                "We keep the loan in a more careful class until %(observed)s at least, and count it as changed until"
                " %(until)s. A payment that is missed begins this time anew."
            )
            % until
        )
    else:
        told.append(
            _("The loan is back in its usual class. We count it as changed until %(until)s, and then no more.") % until
        )
    return told


def _of_class(plan: RestructuringPlan) -> str:
    stage = _("stage %(stage)s") % {"stage": plan.stage_floor} if plan.stage_floor else ""
    return " · ".join(part for part in (str(classification_label(plan.tier_floor)), stage) if part)

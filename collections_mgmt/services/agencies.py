"""Agencies: whether one may get loans on a day, and their evaluation, which staff are told of before it is due."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.placing import evaluation_due_on
from collections_mgmt.models import Agency, Placement
from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.last_steps import AgencyTerms
from dashu.policy.selectors import PolicyRuleMissing
from dashu.web.templatetags.dashu import lender_date as day_name

TO_EVALUATE = "agency.to_evaluate"


class AgencyRefused(DomainError):
    """The agency gets no loans, or cannot be evaluated like this; `field` says what is wrong."""

    code = "agency_refused"


def evaluation_due(agency: Agency, terms: AgencyTerms) -> date:
    return evaluation_due_on(
        contract_from=agency.contract_from,
        contract_to=agency.contract_to,
        evaluated_on=agency.evaluated_on,
        months=terms.evaluate_months,
        before_end_days=terms.before_end_days,
    )


def refuse_agency(agency: Agency, *, on: date) -> None:
    """:raises AgencyRefused: its contract does not cover the day, its evaluation is overdue, or it gets no loans."""
    if not agency.is_active:
        raise AgencyRefused(_("This agency gets no loans now."), field="agency")
    if not agency.contract_from <= on <= agency.contract_to:
        raise AgencyRefused(
            _("Its contract runs from %(start)s to %(end)s only."),
            field="agency",
            params={"start": day_name(agency.contract_from), "end": day_name(agency.contract_to)},
        )
    if on > (due := evaluation_due(agency, policy.agency_terms(on))):
        raise AgencyRefused(
            _("It had to be evaluated by %(due)s. Do that first."), field="agency", params={"due": day_name(due)}
        )
    if not agency.rates.exists():
        raise AgencyRefused(_("No commission is agreed with it. Enter that first."), field="agency")


@transaction.atomic
def evaluate_agency(*, agency_id: int, score: int, words: str, today: date, actor: str) -> Agency:
    """
    Note how an agency works; the next evaluation is due a year later at the latest. The words stay in the audit log.

    :raises AgencyRefused: there is no such agency, or the score is not from 0 to 100.
    """
    agency = Agency.objects.select_for_update(no_key=True).filter(pk=agency_id).first()
    if agency is None:
        raise AgencyRefused(_("There is no such agency."), field="agency")
    if not 0 <= score <= 100:
        raise AgencyRefused(_("The score is a whole number from 0 to 100."), field="score")
    agency.evaluated_on, agency.score = today, score
    agency.save(update_fields=["evaluated_on", "score"])
    end_alert(TO_EVALUATE, subject=agency.code)
    audit.record(
        action="collections.agency_evaluated",
        subject_type="agency",
        subject_id=agency.code,
        actor=actor,
        data={"score": score, "words": words},
    )
    return agency


def watch_agencies(*, today: date) -> int:
    """Alert staff of agencies to evaluate soon, as long as they get loans or have some; return how many there are."""
    try:
        terms = policy.agency_terms(today)
    except PolicyRuleMissing:  # of a country that has no rules for agencies
        return 0
    found = 0
    busy = Placement.objects.running().values("agency")
    for agency in Agency.objects.filter(pk__in=busy).union(Agency.objects.filter(is_active=True)):
        due = evaluation_due(agency, terms)
        if due <= today + timedelta(days=terms.warn_days):
            raise_alert(TO_EVALUATE, subject=agency.code, name=agency.name, due_on=due)
            found += 1
    return found

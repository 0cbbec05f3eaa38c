"""An application in words: what was answered, what happened, and what was decided."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashu.consents.selectors import consents_held
from dashu.portal.applying.forms import STEP_FORMS
from dashu.portal.applying.steps import TITLES
from dashu.web.templatetags.dashu import money
from loans.domain.application_facts import ESSENTIALS, Step, steps_of
from loans.models import Application, ApplicationEvent


@dataclass(frozen=True, slots=True)
class Section:
    """What was answered to one step. :param facts: pairs of a label and what was said."""

    step: Step
    title: Any
    facts: list[tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Happened:
    what: Any
    at: datetime
    is_latest: bool


def timeline_of(application: Application) -> list[Happened]:
    """Return what happened that concerns the applicant, the latest first."""
    events = application.events.filter(is_internal=False).order_by("-id")
    return [
        Happened(ApplicationEvent.Kind(event.kind).label, event.at, is_latest=not place)
        for place, event in enumerate(events)
    ]


def sections_of(application: Application) -> list[Section]:
    """Return all answers, by step, for looking over before they are handed in."""
    return [
        Section(step, TITLES[step], list(_FACTS[step](application, application.answers.get(step.value, {}))))
        for step in steps_of(application.product.kind)
    ]


def _loan(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    months = facts["months"]
    yield _("Amount"), money(facts["amount_minor"], application.currency)
    yield _("Time"), ngettext("%(count)s month", "%(count)s months", months) % {"count": months}
    yield _("For"), application.get_purpose_display()


def _person(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    identity = application.borrower.identity
    yield _("Name"), identity.name
    yield _("Identity card number"), identity.masked_number
    yield _("Mobile phone"), identity.masked_phone
    yield _("Living on your income"), facts["household"]
    yield _("Living in mainland China"), _yes_or_no(facts["is_resident"])


def _business(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    yield _("Business"), application.business.name
    yield _("Unified social credit code"), application.business.credit_code
    yield _("Years in business"), facts["years"]
    yield _("Sales in a usual month"), money(facts["monthly_revenue_minor"], application.currency)
    for guarantor in application.guarantors.all():
        share = f"{guarantor.share_bps / 100:g}%"
        yield _("Guarantor"), f"{guarantor.masked_name} {guarantor.masked_number} · {share}"


def _card(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    yield _("Card"), f"{application.card.issuer} {application.card.masked_number}"
    yield _("Balance on the latest statement"), money(facts["statement_minor"], application.currency)
    yield _("Minimum payment on the statement"), money(facts["minimum_minor"], application.currency)


def _work(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    fields: Any = STEP_FORMS[Step.WORK].base_fields
    yield fields["job"].label, dict(fields["job"].choices)[facts["job"]]
    yield fields["years_in_job"].label, facts["years_in_job"]
    yield fields["home"].label, dict(fields["home"].choices)[facts["home"]]


def _month(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    fields = STEP_FORMS[Step.MONTH].base_fields
    for name in ("income", *ESSENTIALS, "assets"):
        yield fields[name].label, money(facts[f"{name}_minor"], application.currency)


def _debts(application: Application, facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    if not facts["debts"]:
        yield _("Other loans"), _("None")
    for debt in facts["debts"]:
        monthly, left = (money(debt[name], application.currency) for name in ("monthly_minor", "left_minor"))
        yield debt["lender"], _("%(monthly)s a month, %(left)s still owed") % {"monthly": monthly, "left": left}
    yield _("A loan that I could not repay as agreed"), _yes_or_no(facts["had_defaults"])


def _documents(application: Application, _facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    documents = list(application.documents.filter(removed_at=None))
    for document in documents:
        yield document.get_kind_display(), document.name
    if not documents:
        yield _("Papers"), _("None yet")


def _consents(application: Application, _facts: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    for text in consents_held(borrower_id=application.borrower_id, about=application.reference).values():
        yield text.title_shown, _("Agreed")


def _yes_or_no(value: bool) -> str:
    return _("Yes") if value else _("No")


_FACTS = {
    Step.LOAN: _loan,
    Step.PERSON: _person,
    Step.BUSINESS: _business,
    Step.CARD: _card,
    Step.WORK: _work,
    Step.MONTH: _month,
    Step.DEBTS: _debts,
    Step.DOCUMENTS: _documents,
    Step.CONSENTS: _consents,
}

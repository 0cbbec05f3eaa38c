"""What staff reads at the desk: short names of reasons, the clock of a promise, answers, and who acted."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dashu.kernel.urgency import Urgency
from dashu.policy.credit_rules import Outcome
from dashu.users.actors import people_of
from loans.domain.card_issuers import Belonging
from loans.domain.credit_review import Reason
from loans.domain.guarantees import State
from loans.domain.promises_to_answer import Clock, clock_of
from loans.domain.scoring_facts import Housing, Work
from loans.models import Application, ApplicationDocument, ApplicationEvent

REASONS: Mapping[str, Promise] = {
    Reason.UNDER_AGE.value: _("Under age"),
    Reason.NOT_RESIDENT.value: _("Not resident"),
    Reason.FRAUD_FLAG.value: _("Fraud flag"),
    Reason.OVERDUE_ELSEWHERE.value: _("Overdue elsewhere"),
    Reason.TOO_MANY_LENDERS.value: _("Many lenders"),
    Reason.MANY_INQUIRIES.value: _("Many inquiries"),
    Reason.REPAYS_OTHER_LOANS.value: _("Repays other loans"),
    Reason.NO_SURPLUS.value: _("Nothing left in the month"),
    Reason.DEBT_SHARE.value: _("Debts take much of the income"),
    Reason.STRESSED.value: _("Stress case"),
    Reason.RATE_ABOVE_CAP.value: _("Above the rate cap"),
    Reason.GROUP_EXPOSURE.value: _("Exposure of the group"),
    Reason.LOW_SCORE.value: _("Few points"),
    Reason.NO_CREDIT_REPORT.value: _("No credit report"),
    Reason.PERSON_ASKED_FOR.value: _("Wants a person"),
    Reason.BUSINESS_LOAN.value: _("Business loan"),
    Reason.SEEN_BEFORE.value: _("Same particulars elsewhere"),
    Reason.CARD_UNCONFIRMED.value: _("Bank of the card not confirmed"),
}
OUTCOMES: Mapping[Outcome, Promise] = {
    Outcome.APPROVE: _("Passes"),
    Outcome.REFER: _("A person looks"),
    Outcome.REFUSE: _("Speaks against a loan"),
}
WORK: Mapping[str, Promise] = {
    Work.FIXED.value: _("Permanent job"),
    Work.PART_TIME.value: _("Part-time or temporary job"),
    Work.FREELANCE.value: _("On own account"),
    Work.OTHER.value: _("Something else"),
}
HOUSING: Mapping[str, Promise] = {
    Housing.OWNER.value: _("Owned"),
    Housing.RENT.value: _("Rented"),
    Housing.PARENTS.value: _("With parents"),
    Housing.OTHER.value: _("Something else"),
}
CARDS: Mapping[Belonging, Promise] = {
    Belonging.CONFIRMED: _("the number is one of this bank"),
    Belonging.UNKNOWN: _("not confirmed by the number: compare it with the card statement"),
    Belonging.ANOTHER_ISSUER: _("the number is one of another bank"),
    Belonging.NOT_CREDIT: _("the number is one of a debit card"),
    Belonging.WRONG_LENGTH: _("the number does not have the length of this bank's cards"),
}
FIGURES: Mapping[str, Promise] = {
    "income": _("Income"),
    "essentials": _("Essential spending"),
    "debt_payments": _("Debt payments"),
}
SHARED: Mapping[str, Promise] = {
    "number": _("Same ID number"),
    "phone": _("Same phone"),
    "card": _("Same card"),
    "paper": _("Same paper"),
}
GUARANTEES: Mapping[str, Promise] = {
    State.NOT_ASKED: _("Not asked yet"),
    State.WAITING: _("Has a link to decide"),
    State.LINK_OVER: _("Did not answer; the link is over"),
    State.SIGNED: _("Has agreed and signed"),
    State.DECLINED: _("Has declined"),
}
TONES = {Urgency.IN_TIME: "plain", Urgency.SOON: "soon", Urgency.OVERDUE: "late"}


def reasons_named(findings: list[dict[str, Any]]) -> str:
    """Return the short names of the reasons of a decision, each once, the gravest first."""
    names = dict.fromkeys(finding["reason"] for finding in findings)
    return " · ".join(str(REASONS.get(name, name)) for name in names)


def clock_words(due_at: datetime | None, now: datetime) -> tuple[str, str]:
    """Return how a promise stands, in words, and the tone that says the same."""
    if due_at is None:
        return "–", "plain"
    clock = clock_of(due_at, now)
    return _sentence(clock), TONES[clock.urgency]


def _sentence(clock: Clock) -> str:
    hours, days = clock.hours, clock.hours // 24
    if clock.urgency is Urgency.OVERDUE:
        if hours >= 48:
            return ngettext("Overdue by %(days)s day", "Overdue by %(days)s days", days) % {"days": days}
        return ngettext("Overdue by %(hours)s hour", "Overdue by %(hours)s hours", hours) % {"hours": hours}
    if hours >= 48:
        return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}
    return ngettext("%(hours)s hour left", "%(hours)s hours left", hours) % {"hours": hours}


def compared_with(event: ApplicationEvent) -> str:
    """Return with what an identity was compared: the name of the paper, or that the card was shown."""
    document_id = event.data.get("document")
    if document_id is None:
        return gettext("The card, shown in person")
    return ApplicationDocument.objects.values_list("name", flat=True).get(pk=document_id)


def actor_names(actors: Iterable[str], application: Application) -> Mapping[str, str]:
    """Return names for actors such as "user:12" with one query: staff by name, the applicant as such, masked."""
    wanted = set(actors)
    names = {actor: str(user) for actor, user in people_of(wanted).items() if user.is_staff}
    names[f"user:{application.borrower.user_id}"] = gettext("The applicant")
    names[f"applicant:{application.borrower_id}"] = gettext("The applicant")
    names |= {actor: gettext("A guarantor") for actor in wanted if actor.startswith("guarantor:")}
    return {actor: names.get(actor) or (gettext("By rules") if _is_program(actor) else actor) for actor in wanted}


def _is_program(actor: str) -> bool:
    return actor.startswith("system:")

"""The page of one application: facts first, then what the rules find, and the points last."""

from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Identity, User
from dashu.web.staff_tables import Figure
from dashu.web.templatetags.dashu import money
from loans.desk import decision, facts, file
from loans.desk.seen import Seen, seen_at
from loans.desk.what_if_page import what_if
from loans.desk.words import actor_names, clock_words, compared_with
from loans.domain.applications import Status
from loans.models import Application, ApplicationEvent, CreditReview, Offer
from loans.selectors.desk import is_own
from loans.services.compare_identity import COMPARE, COMPARED_WHILE


def application_page(application: Application, asked: QueryDict, *, user: User, now: datetime) -> dict[str, Any]:
    """Return what the template of the page takes, apart from what the person may do."""
    seen = seen_at(application, now=now)
    waits = application.status == Status.REFERRED
    optional = [
        file.requests_table(application),
        file.parties_table(application),
        file.guarantees_table(application, now=now),
    ]
    return {
        "application": application,
        "seen": seen,
        "figures": _figures(seen, now),
        "who": _who(application),
        "may_reveal": Identity.objects.visible_to(user).filter(borrower=application.borrower_id).exists(),
        "asked_tables": [table for table in optional if table],
        "fact_tables": [
            facts.facts_table(seen),
            facts.month_table(seen),
            *facts.bureau_tables(seen),
            facts.exposure_table(seen),
        ],
        "finding_tables": [decision.findings_table(seen), *_offers(seen)],
        "score_figures": decision.score_figures(seen),
        "score_tables": [decision.shortfalls_table(seen)],
        "what_if": what_if(seen, asked, now=now) if waits else None,
        "file_tables": [
            file.documents_table(application),
            file.customers_table(application, user),
            file.same_table(application),
            file.consents_table(application),
            file.decisions_table(application),
            file.timeline_table(application),
            file.applicants_view(seen),
        ],
    }


def _figures(seen: Seen, now: datetime) -> list[Figure]:
    application = seen.application
    asked = "–" if application.amount_minor is None else money(application.amount_minor, application.currency)
    figures = [
        Figure(_("asked for"), asked, application.get_purpose_display()),
        Figure(_("months"), application.months or "–"),
        Figure(_("state"), application.get_status_display()),
        Figure(_("rate"), decision.price_line(seen.review)),
    ]
    if application.status == Status.REFERRED:
        words, tone = clock_words(application.due_at, now)
        due = date_format(localtime(application.due_at), "DATETIME_FORMAT") if application.due_at else ""
        figures.append(Figure(_("answer promised"), words, due, tone))
        figures.append(Figure(_("held by"), application.handler or _("Nobody")))
    return figures


def _who(application: Application) -> list[tuple[Any, str]]:
    """Return who it is, masked; the full identity is shown on request, which is kept."""
    identity = Identity.objects.filter(borrower=application.borrower_id).first()
    shown: list[tuple[Any, str]] = [(_("Borrower"), application.borrower.number)]
    if identity:
        shown += [
            (_("Name"), identity.masked_name),
            (_("ID number"), identity.masked_number),
            (_("Phone"), identity.masked_phone),
            (_("Compared with the card"), _compared(application, identity)),
        ]
    if application.partner:
        shown.append((_("Brought by"), application.partner.name))
    return shown


def may_compare(application: Application, user: User) -> bool:
    """Whether the person can note that the identity agrees with the card, which nobody has noted yet."""
    if application.status not in COMPARED_WHILE or not user.has_perm(COMPARE) or is_own(application, user):
        return False
    return Identity.objects.filter(borrower=application.borrower_id, verified_at=None).exists()


def _compared(application: Application, identity: Identity) -> str:
    """Return when, by whom and with what, or that nobody has; it may have been for another application."""
    if identity.verified_at is None:
        return gettext("Not yet")
    kind = ApplicationEvent.Kind.IDENTITY_CHECKED
    event = ApplicationEvent.objects.filter(application__borrower=application.borrower_id, kind=kind).first()
    by = actor_names([identity.verified_by], application)[identity.verified_by]
    said = [date_format(localtime(identity.verified_at), "DATETIME_FORMAT"), by]
    if event:
        said.append(compared_with(event))
    return " · ".join(said)


def _offers(seen: Seen) -> list[Any]:
    if seen.decided:
        return []  # the what-if below has them, as it stands
    made = seen.review and seen.review.outcome == CreditReview.Outcome.APPROVE
    return [file.made_offers_table(list(Offer.objects.filter(review=seen.review)), seen)] if made else []

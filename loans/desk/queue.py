"""The queue of the desk as tables: what waits for a person, the promise that ends first on top."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dashu.users.models import User
from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.templatetags.dashu import money
from loans.desk.words import clock_words, reasons_named
from loans.domain.applications import Status
from loans.models import Application
from loans.models.applications import ApplicationQuerySet
from loans.selectors.desk import BOXES, box_of, counts_of, latest_reviews, open_requests

EMPTY = {
    "all": _("No application waits for a person."),
    "mine": _("You hold no application. Take up the next one."),
    "unclaimed": _("Somebody works on every application."),
    "overdue": _("Every promise is kept so far."),
    "declined": _("No guarantor has declined what an applicant wants to sign."),
    "decided": _("Nothing has been decided yet."),
}


def application_address(application: Application) -> str:
    return reverse("admin:loans_application_change", args=[application.pk])


def application_link(application: Application) -> SafeString:
    return format_html('<a href="{}">{}</a>', application_address(application), application.reference)


def queue_figures(seen: ApplicationQuerySet, *, user: User, now: datetime) -> list[Figure]:
    counts = counts_of(seen, user=user, now=now)
    declined = box_of(seen, "declined", user=user, now=now).count()
    told = [Figure(_("declined by a guarantor"), declined, tone="soon")] if declined else []
    return [
        Figure(_("waiting for a person"), counts["all"]),
        Figure(_("overdue"), counts["overdue"], tone="late" if counts["overdue"] else "good"),
        Figure(_("held by nobody"), counts["unclaimed"]),
        Figure(_("held by me"), counts["mine"]),
        *told,
    ]


def queue_table(title: object, applications: Sequence[Application], *, empty: object, now: datetime) -> Table:
    """Return a list of applications, in three queries however many there are."""
    reviews, requests = latest_reviews(applications), open_requests(applications)
    rows = []
    for application in applications:
        review = reviews.get(application.pk)
        asked = gettext("Review asked for") if application.pk in requests else ""
        named = reasons_named(review.findings) if review else ""
        rows.append(
            [
                application_link(application),
                _state(application, now),
                str(application.handler) if application.handler else gettext("Nobody"),
                application.product.label,
                _asked(application),
                wrapped(" · ".join(part for part in (asked, named) if part)),
            ]
        )
    return Table(
        title=str(title),
        columns=[
            Column(_("application")),
            Column(_("answer promised")),
            Column(_("held by")),
            Column(_("product")),
            Column(_("amount"), is_number=True),
            Column(_("why a person")),
        ],
        rows=rows,
        empty=str(empty),
    )


def box_table(box: str, applications: Sequence[Application], *, now: datetime) -> Table:
    return queue_table(BOXES[box], applications, empty=EMPTY[box], now=now)


def _asked(application: Application) -> SafeString | str:
    if application.amount_minor is None or application.months is None:
        return "–"
    months = ngettext("%(count)s month", "%(count)s months", application.months) % {"count": application.months}
    amount = money(application.amount_minor, application.currency)
    return format_html('{}<br><span class="staff-note">{}</span>', amount, months)


def _state(application: Application, now: datetime) -> SafeString:
    """The clock of what waits; of anything else its status and when it was decided."""
    if application.status != Status.REFERRED:
        at = application.decided_at or application.submitted_at or application.created_at
        day = date_format(localtime(at), "DATETIME_FORMAT")
        return format_html('{}<br><span class="staff-note">{}</span>', application.get_status_display(), day)
    words, tone = clock_words(application.due_at, now)
    due = date_format(localtime(application.due_at), "DATETIME_FORMAT") if application.due_at else ""
    return format_html('<span class="staff-tone--{}">{}</span><br><span class="staff-note">{}</span>', tone, words, due)

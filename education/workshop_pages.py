"""Figures, tables and files of the staff pages of workshops: plain values, decided before the template."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.templatetags.dashu import percent_shown
from education.models import Workshop, WorkshopRegistration
from education.selectors.published import titles_in
from education.selectors.workshop_figures import SHOWN_FROM, Counts, Summary
from education.selectors.workshops import materials_of

SHOWN = 100
PARTS = {"useful": _("useful"), "clear": _("easy to follow"), "place": _("place or online room")}
Status = WorkshopRegistration.Status


def workshop_figures(workshop: Workshop, counts: Counts, summary: Summary) -> list[Figure]:
    share = counts.share_that_came
    return [
        Figure(_("have a seat"), counts.seats, _("of %(count)s seats") % {"count": workshop.capacity}),
        Figure(_("waiting"), counts.waiting, _("%(count)s moved up") % {"count": counts.moved_up}),
        Figure(_("came"), counts.came, "–" if share is None else percent_shown(share)),
        Figure(_("gave a seat back"), counts.gave_back),
        Figure(_("feedback"), summary.count, _summary_words(summary)),
    ]


def _summary_words(summary: Summary) -> str:
    if summary.averages is None:
        return gettext("Shown from %(least)s on, so that nobody can be told apart.") % {"least": SHOWN_FROM}
    return " · ".join(f"{PARTS[part]} {value}" for part, value in summary.averages.items())


def people(workshop: Workshop) -> list[WorkshopRegistration]:
    """Return who has a seat or waits, those who wait last, in the order in which they signed up."""
    rows = WorkshopRegistration.objects.filter(workshop=workshop, status__in=WorkshopRegistration.LIVE)
    return list(rows.select_related("user").order_by("status", "joined_at", "id"))


def name_of(registration: WorkshopRegistration) -> str:
    if registration.user:
        return registration.user.name or gettext("with an account")
    return registration.name or gettext("forgotten")


def people_table(workshop: Workshop, rows: Sequence[WorkshopRegistration], *, may_check_in: bool) -> Table:
    lines = [
        [
            _name_cell(row, may_check_in=may_check_in),
            row.masked_contact or gettext("account"),
            row.get_status_display(),
            clock_of(row.checked_in_at),
        ]
        for row in rows[:SHOWN]
    ]
    return Table(
        title=_("who signed up"),
        note=_(
            "Choose a name to let somebody in. Addresses are hidden in part; nobody uses this list for another purpose."
        ),
        columns=[Column(_("name")), Column(_("address")), Column(_("state")), Column(_("came at"))],
        rows=lines,
        empty=_("Nobody has signed up yet."),
    )


def words_table(summary: Summary) -> Table:
    return Table(
        title=_("what people wrote"),
        note=_("In an order that says nothing."),
        columns=[Column(_("words"))],
        rows=[[wrapped(words)] for words in summary.words],
        empty=_("Nothing yet, or from too few people to show it."),
    )


def materials_table(workshop: Workshop, *, language: str, may_write: bool) -> Table:
    rows, titles = [], titles_in(language)
    for each in materials_of(workshop):
        name = titles.get(each.lesson, each.name)
        kind = gettext("Sheet of a lesson") if each.lesson else each.content_type
        away: Any = ""
        if may_write:
            address = reverse("admin:education_workshop_remove_material", args=[workshop.pk, each.pk])
            away = format_html('<a href="{}">{}</a>', address, gettext("Take away"))
        rows.append([name, kind, away])
    return Table(
        title=_("to take home"),
        note=_("For those who were there, on the page of their seat."),
        columns=[Column(_("name")), Column(_("kind")), Column("")],
        rows=rows,
        empty=_("Nothing yet."),
    )


def attendance(rows: Sequence[WorkshopRegistration]) -> tuple[list[str], Iterator[list[str]]]:
    """Return the columns and the lines of the list to take along; without anybody's address."""
    heads = [gettext("Name"), gettext("State"), gettext("Signed up on"), gettext("Came at")]
    lines = (
        [
            name_of(row),
            str(row.get_status_display()),
            date_format(timezone.localtime(row.joined_at), "Y-m-d") if row.joined_at else "",
            clock_of(row.checked_in_at),
        ]
        for row in rows
    )
    return heads, lines


def clock_of(moment: Any) -> str:
    return time_format(timezone.localtime(moment).time(), "H:i") if moment else ""


def _name_cell(row: WorkshopRegistration, *, may_check_in: bool) -> Any:
    if not may_check_in or not row.has_seat or row.checked_in_at:
        return name_of(row)
    address = f"{reverse('admin:education_workshop_check_in')}?code={row.code}"
    return format_html('<a href="{}">{}</a>', address, name_of(row))

"""The desk as lists: what somebody holds and waits for; who has how much; what there is in all."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.desk.words import SKILLS, due_words, state_words
from collections_mgmt.models import CaseFile
from collections_mgmt.selectors.files import (
    all_counts,
    calls_taken_up,
    calls_taken_up_by_person,
    own_counts,
    own_file_counts,
    people_at_the_desk,
)
from dashu.users.actors import actor_of_user, people_of
from dashu.users.models import User
from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.templatetags.dashu import money

CALLS_OF_DAYS, SHOWN_CALLS = 30, 50


def file_address(file: CaseFile) -> str:
    return reverse("admin:collections_mgmt_casefile_change", args=[file.pk])


def file_link(file: CaseFile) -> SafeString:
    return format_html('<a href="{}">{}</a>', file_address(file), file.number)


def own_figures(user: User, *, today: date) -> list[Figure]:
    counts = own_counts(user, today=today)
    return [
        Figure(_("ready for you"), f"{counts['ready']:,}", _("given one by one, the most urgent first")),
        Figure(_("in your hands"), counts["held"], tone="soon" if counts["held"] else "plain"),
        Figure(_("yours, waiting for a day"), f"{counts['waiting']:,}"),
        Figure(_("clocks that ran out"), f"{counts['late']:,}", tone="late" if counts["late"] else "good"),
    ]


def all_figures(*, today: date) -> list[Figure]:
    counts = all_counts(today=today)
    return [
        Figure(_("ready"), f"{counts['ready']:,}"),
        Figure(_("being worked on"), f"{counts['held']:,}"),
        Figure(_("waiting for a day"), f"{counts['waiting']:,}"),
        Figure(_("clocks that ran out"), f"{counts['late']:,}", tone="late" if counts["late"] else "good"),
        Figure(
            _("no team takes them"),
            f"{counts['nowhere']:,}",
            _("no active team has their level and skills") if counts["nowhere"] else "",
            "late" if counts["nowhere"] else "good",
        ),
    ]


def own_table(files: Iterable[CaseFile], *, today: date) -> Table:
    rows = []
    for file in files:
        words, tone = due_words(file.review_due_on, today)
        rows.append(
            [
                file_link(file),
                str(file.borrower),
                money(file.value_minor, file.currency),
                file.days,
                state_words(file),
                format_html('<span class="staff-tone--{}">{}</span>', tone, words),
            ]
        )
    return Table(
        title=_("Your files"),
        columns=[
            Column(_("case file")),
            Column(_("borrower")),
            Column(_("overdue"), is_number=True),
            Column(_("days past due"), is_number=True),
            Column(_("state")),
            Column(_("next look due")),
        ],
        rows=rows,
        empty=_("You hold no file and none of yours waits. Take up the next one."),
        note=_("What you hold, then what comes back to you. New files are given one by one."),
    )


def callers_table() -> Table:
    """Whose files were taken up out of turn because they called, by whom and why."""
    events = calls_taken_up(most=SHOWN_CALLS)
    people = people_of({event.actor for event in events})
    return Table(
        title=_("Files taken up for callers"),
        columns=[Column(_("at")), Column(_("person")), Column(_("case file")), Column(_("borrower")), Column(_("why"))],
        rows=[
            [
                date_format(localtime(event.at), "SHORT_DATETIME_FORMAT"),
                str(people.get(event.actor, event.actor)),
                file_link(event.file),
                str(event.file.borrower),
                wrapped(event.words),
            ]
            for event in events
        ],
        note=_("The latest, out of turn. The loan or the whole phone number is needed to find a file."),
        empty=_("No file was taken up because somebody called."),
    )


def people_table(*, now: datetime) -> Table:
    counts, callers = own_file_counts(), calls_taken_up_by_person(since=now - timedelta(days=CALLS_OF_DAYS))
    rows: list[list[Any]] = []
    for profile in people_at_the_desk():
        own, waiting = counts.get(profile.pk, (0, 0))
        languages = ", ".join(get_language_info(code)["name_local"] for code in profile.languages)
        rows.append(
            [
                str(profile.user),
                str(profile.team),
                languages,
                ", ".join(str(SKILLS.get(skill, skill)) for skill in profile.skills) or "–",
                gettext("%(own)s of %(most)s") % {"own": own, "most": profile.capacity},
                waiting,
                callers.get(actor_of_user(profile.user), 0),
                gettext("yes") if profile.is_working else gettext("no"),
            ]
        )
    return Table(
        title=_("People"),
        columns=[
            Column(_("person")),
            Column(_("team")),
            Column(_("languages")),
            Column(_("skills")),
            Column(_("files of their own"), is_number=True),
            Column(_("of these waiting"), is_number=True),
            Column(_("taken up for callers, 30 days"), is_number=True),
            Column(_("working now")),
        ],
        rows=rows,
        empty=_("Nobody works on files yet. Add collectors first."),
    )

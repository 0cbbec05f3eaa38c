"""What readers say of lessons: the counts of each lesson, and every word one by one, of nobody by name."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from dashu.read_only_admin import ReadOnlyAdmin
from dashu.web.staff_tables import Column, Table, wrapped
from education.domain.figures.writing import share
from education.domain.lessons import load_lesson, slugs
from education.languages import language_now
from education.models import LessonFeedback
from education.selectors.feedback import helpfulness
from education.selectors.published import titles_in


@admin.register(LessonFeedback)
class LessonFeedbackAdmin(ReadOnlyAdmin):
    list_display = ["said_at", "title", "is_helpful", "said", "language"]
    list_display_links = None
    list_filter = ["is_helpful", "lesson", "language"]
    fields = ["said_at", "lesson", "language", "is_helpful", "words"]
    readonly_fields = fields
    ordering = ["-pk"]
    list_before_template = "staff/tables_above_list.html"

    @admin.display(description=_("lesson"))
    def title(self, feedback: LessonFeedback) -> str:
        return _title(feedback.lesson)

    @admin.display(description=_("in their own words"))
    def said(self, feedback: LessonFeedback) -> str:
        return wrapped(feedback.words)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuse to narrow the list to one person or visit by the address: it would say who wrote what."""
        return lookup.partition("__")[0] in self.list_filter and super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        tables = [_by_lesson()] if self.has_view_permission(request) else []
        return super().changelist_view(request, {**(extra_context or {}), "tables": tables})


def _by_lesson() -> Table:
    titles = titles_in(language_now())
    return Table(
        title=_("Whether the lessons help"),
        columns=[
            Column(_("lesson")),
            Column(_("helpful"), is_number=True),
            Column(_("not helpful"), is_number=True),
            Column(_("share of helpful"), is_number=True),
            Column(_("with words"), is_number=True),
        ],
        rows=[
            [
                titles.get(each.lesson, each.lesson),
                each.yes,
                each.no,
                share(each.yes, each.yes + each.no),
                each.with_words,
            ]
            for each in helpfulness()
        ],
        empty=_("Nobody has said anything of a lesson yet."),
    )


def _title(slug: str) -> str:
    """Return the name of a lesson that comes with the program, for a row; the slug of another."""
    return load_lesson(slug, language_now()).title if slug in slugs() else slug

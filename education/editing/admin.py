"""
Lessons for editors: what readers have, a draft part by part with a preview, its review, and how it does.

Every page starts from the versions that the person may see; every act is one service call.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import person_of
from dashu.web.forms import add_refusal
from education.domain.checking import errors_of
from education.domain.words import LANGUAGES
from education.editing import pages
from education.editing.forms import NoteForm, RetireForm, SlugOfLesson
from education.editing.part_pages import PartPages
from education.editing.review_pages import ReviewPages
from education.editing.words import moment_in, part_name
from education.models import LessonVersion
from education.selectors.items import items_of
from education.selectors.links import used_links
from education.selectors.published import LessonNotPublished, lesson_of, published_slugs, shown_now
from education.selectors.reviews import facts_reviews
from education.services.publish_lessons import call_off, changed_parts, retire_lesson
from education.services.write_lessons import (
    WRITE,
    begin_lesson,
    begin_version,
    confirm_facts,
    give_up,
    may_be_written,
    save_note,
)

LIST = "admin:education_lessonversion_changelist"
PAGE = "admin:education_lessonversion_change"
TONES = {"DRAFT": "info", "IN_REVIEW": "warning", "APPROVED": "warning", "PUBLISHED": "success", "RETIRED": ""}


@admin.register(LessonVersion)
class LessonVersionAdmin(PartPages, ReviewPages, ReadOnlyAdmin):
    list_display = ["named", "status_shown", "note", "made_by", "changed_at", "published_at"]
    list_filter = ["status", "slug"]
    list_select_related = ["made_by"]
    sortable_by = ()
    ordering = ["-changed_at", "-pk"]
    list_before_template = "staff/lessons/lessons_head.html"

    @admin.display(description=_("version"))
    def named(self, version: LessonVersion) -> str:
        return str(version)

    @display(description=_("status"), label=TONES)
    def status_shown(self, version: LessonVersion) -> tuple[str, str]:
        return version.status, version.get_status_display()

    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"education_lessonversion_{name}")

        return [
            ours("begin/", require_POST(self.begin), "begin"),
            ours("new/", self.new, "new"),
            ours("links/", self.links, "links"),
            ours("questions/<slug:slug>/", self.questions, "questions"),
            ours("confirm/", require_POST(self.confirm), "confirm"),
            ours("<int:pk>/note/", self.note, "note"),
            ours("<int:pk>/give-up/", require_POST(self.give_up), "give_up"),
            ours("<int:pk>/call-off/", require_POST(self.call_off), "call_off"),
            ours("<int:pk>/retire/", self.retire, "retire"),
            *self.part_urls(ours),
            *self.review_urls(ours),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        shown = shown_now()
        lines = pages.lesson_lines(shown, facts_reviews(), lender_today())
        more = {"title": gettext("Lessons"), "may_write": request.user.has_perm(WRITE), "lines": lines}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A version part by part, with what is wrong, what changes for readers, and what can be done with it."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        version = self.found(request, int(object_id) if object_id.isascii() and object_id.isdigit() else 0)
        may_write, is_draft = request.user.has_perm(WRITE), may_be_written(version)
        shown = shown_now()
        lines = pages.part_lines(version, known=published_slugs(shown), today=lender_today())
        before = pages.version_before(version, shown)
        source = pages.source_of_draft(version)
        changed = changed_parts(before, source) if before or is_draft else {}
        problems = [each for line in lines for each in line.problems]
        context = {
            "title": str(version),
            "version": version,
            "status": version.get_status_display(),
            "lines": lines,
            "errors": len(errors_of(problems)),
            "outdated": [part_name(language) for language in pages.outdated(version)],
            "changed": [(part_name(part), found) for part, found in changed.items()],
            "edits": pages.edit_lines(version),
            "languages": [(language, part_name(language)) for language in LANGUAGES],
            "publish_at": moment_in(version.publish_at, version.publish_zone) if version.publish_at else "",
            "may_edit": may_write and is_draft,
            "may_ask": may_write and is_draft and not errors_of(problems),
            "may_call_off": may_write and version.status == "APPROVED",
            "may_retire": may_write and version.status == "PUBLISHED",
            "may_return": may_write and version.status in ("PUBLISHED", "RETIRED"),
            "in_review": version.status == "IN_REVIEW" and not is_draft,
            "new_question": pages.part_address(version, pages.new_question_part(source)),
        }
        return self.page(request, "staff/lessons/version.html", context)

    def begin(self, request: HttpRequest) -> HttpResponse:
        """Begin a version of the lesson that is named, with the text of an earlier one where that is named."""
        number = request.POST.get("number", "")
        of_number = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else None
        return self._acted(
            request,
            lambda: begin_version(
                slug=_slug_in(request), user=person_of(request), now=lender_now(), of_number=of_number
            ),
        )

    def confirm(self, request: HttpRequest) -> HttpResponse:
        return self._acted(
            request,
            lambda: confirm_facts(
                slug=_slug_in(request), user=person_of(request), now=lender_now(), today=lender_today()
            ),
            said=gettext("The day is noted in a draft. Ask for its review, and readers see it."),
        )

    def give_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.found(request, pk)
        return self._acted(
            request,
            lambda: give_up(version_id=pk, user=person_of(request), now=lender_now()),
            said=gettext("The draft is given up. It stays on record."),
        )

    def call_off(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.found(request, pk)
        return self._acted(
            request,
            lambda: call_off(version_id=pk, user=person_of(request)),
            said=gettext("It is a draft again, and is not published."),
        )

    def new(self, request: HttpRequest) -> HttpResponse:
        self.refuse_readers(request)
        form = SlugOfLesson(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                version = begin_lesson(
                    slug=form.cleaned_data["slug"], user=person_of(request), now=lender_now(), today=lender_today()
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                return redirect(PAGE, version.pk)
        title, text = gettext("Begin a new lesson"), gettext("Readers get it once all of it is written and reviewed.")
        return self._ask(request, form, title=title, text=text, button=gettext("Begin"), back=reverse(LIST))

    def note(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.refuse_readers(request)
        version = self.found(request, pk)
        form = NoteForm(request.POST or None, initial={"note": version.note})
        if request.method == "POST" and form.is_valid():
            try:
                save_note(version_id=pk, note=form.cleaned_data["note"], user=person_of(request), now=lender_now())
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                return redirect(PAGE, pk)
        back = reverse(PAGE, args=[pk])
        return self._ask(request, form, title=str(version), text="", button=gettext("Save"), back=back)

    def retire(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.refuse_readers(request)
        version = self.found(request, pk)
        form = RetireForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                retire_lesson(
                    version_id=pk, because=form.cleaned_data["reason"], user=person_of(request), now=lender_now()
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, gettext("No reader gets this lesson any more."))
                return redirect(PAGE, pk)
        text = gettext("Readers no longer find this lesson, at once. Its versions stay, and can be published again.")
        title, back = gettext("Retire %(version)s") % {"version": version}, reverse(PAGE, args=[pk])
        return self._ask(request, form, title=title, text=text, button=gettext("Retire it"), back=back)

    def links(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        table = pages.links_table(used_links())
        return self.page(request, "staff/lessons/tables.html", {"title": gettext("Links"), "tables": [table]})

    def questions(self, request: HttpRequest, slug: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            lesson = lesson_of(slug, pages.language_now())
        except LessonNotPublished as error:
            raise Http404 from error
        table = pages.items_table(items_of(slug), lesson)
        return self.page(request, "staff/lessons/tables.html", {"title": lesson.title, "tables": [table]})

    def refuse_readers(self, request: HttpRequest) -> None:
        if not request.user.has_perm(WRITE):
            raise PermissionDenied

    def found(self, request: HttpRequest, pk: int) -> LessonVersion:
        if not self.has_view_permission(request):
            raise PermissionDenied
        version: LessonVersion = get_object_or_404(self.get_queryset(request).select_related("made_by"), pk=pk)
        return version

    def page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})

    def _acted(self, request: HttpRequest, act: Callable[[], LessonVersion], *, said: str = "") -> HttpResponse:
        self.refuse_readers(request)
        try:
            version = act()
        except DomainError as refusal:
            messages.error(request, refusal.user_message)
            return redirect(LIST)
        if said:
            messages.success(request, said)
        return redirect(PAGE, version.pk)

    def _ask(self, request: HttpRequest, form: Any, *, title: str, text: str, button: str, back: str) -> HttpResponse:
        context = {"title": title, "text": text, "form": form, "button": button, "back": back}
        return self.page(request, "staff/act.html", context)


def _slug_in(request: HttpRequest) -> str:
    """Return which lesson a button names; what the database cannot look for names none."""
    return request.POST.get("slug", "").replace("\0", "")

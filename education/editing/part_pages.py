"""The pages on which an editor writes one part of a draft, with a preview that is rendered as readers get it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.users.actors import person_of
from dashu.web.forms import add_refusal
from education.domain.checking import problems_of
from education.domain.diffs import diff
from education.domain.parts import CHART_WORDS, FACTS, QUESTION, as_text, part_of, with_part
from education.domain.source import TEXTS, LessonSource
from education.domain.translations import SOURCE
from education.editing import pages
from education.editing.forms import ChartsForm, FactsForm, ImageForm, PartForm, QuestionForm, TextForm
from education.editing.words import part_name
from education.models import LessonVersion
from education.selectors.published import lessons_in, published_slugs
from education.services.add_image import add_image, remove_image
from education.services.write_lessons import LessonMoved, may_be_written, save_part

Ours = Callable[[str, Callable[..., HttpResponse], str], URLPattern]


class PartPages:
    """Pages of an admin of versions, see `education.editing.admin`."""

    found: Callable[[HttpRequest, int], LessonVersion]
    page: Callable[..., HttpResponse]
    refuse_readers: Callable[[HttpRequest], None]

    def part_urls(self, ours: Ours) -> list[URLPattern]:
        return [
            ours("<int:pk>/part/<str:part>/", self.part, "part"),
            ours("<int:pk>/images/", self.images, "images"),
            ours("<int:pk>/images/<slug:code>/remove/", require_POST(self.remove_image), "remove_image"),
            ours("<int:pk>/translations/", self.translations, "translations"),
            ours("<int:pk>/read/<slug:language>/", self.read, "read"),
        ]

    def part(self, request: HttpRequest, pk: int, part: str) -> HttpResponse:
        """Write a part; with `step=preview` nothing is kept, and htmx gets the preview alone."""
        self.refuse_readers(request)
        version = self.found(request, pk)
        source = pages.source_of_draft(version)
        form = _form(request, version, source, part)
        preview: pages.Preview | None = None
        theirs: Any = ()
        if request.method == "POST" and form.is_valid():
            if request.POST.get("step") == "preview":
                preview = _preview(version, source, part, form)
            elif request.POST.get("step") == "remove" and part.startswith(QUESTION):
                return self._removed(request, version, part, form)
            else:
                try:
                    saved = _save(request, version, part, form)
                except LessonMoved as moved:
                    add_refusal(form, moved)
                    theirs = _their_text(version, part, form)
                    form = _seen(form, moved.details["revision"])
                except DomainError as refusal:
                    add_refusal(form, refusal)
                else:
                    messages.success(request, gettext("Saved."))
                    if request.POST.get("step") == "close":
                        return redirect("admin:education_lessonversion_change", pk)
                    return redirect(pages.part_address(saved, _part_after(part, form)))
        if preview is None and part in TEXTS and not form.is_bound:
            preview = pages.preview_of(source, part)
        if request.headers.get("hx-request") and part in TEXTS:
            if preview is None and form.is_bound and form.is_valid():
                preview = _preview(version, source, part, form)
            return render(request, "staff/lessons/_preview.html", {"preview": preview, "language": part})
        context = {
            "title": f"{version} · {part_name(part)}",
            "version": version,
            "part": part,
            "form": form,
            "preview": preview,
            "language": part if part in TEXTS else "",
            "names": pages.names_table(source, part if part in TEXTS else pages.language_now()),
            "theirs": theirs,
            "problems": [] if part in TEXTS else _problems(source, part),
            "may_remove": part.startswith(QUESTION) and part_of(source, part) is not None,
            "may_edit": may_be_written(version),
            "beside": source.body(SOURCE) if part in TEXTS and part != SOURCE else "",
        }
        return self.page(request, "staff/lessons/part.html", context)

    def images(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.refuse_readers(request)
        version = self.found(request, pk)
        form = ImageForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                add_image(
                    version_id=pk,
                    code=form.cleaned_data["code"],
                    alt=form.alt(),
                    content=form.cleaned_data["file"].read(),
                    user=person_of(request),
                    now=lender_now(),
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, gettext("The picture is kept. Name it where the text is to show it."))
                return redirect("admin:education_lessonversion_images", pk)
        context = {
            "title": f"{version} · {gettext('Images')}",
            "version": version,
            "form": form,
            "pictures": pages.pictures_of(pages.source_of_draft(version)),
            "may_edit": may_be_written(version),
        }
        return self.page(request, "staff/lessons/images.html", context)

    def remove_image(self, request: HttpRequest, pk: int, code: str) -> HttpResponse:
        self.refuse_readers(request)
        self.found(request, pk)
        try:
            remove_image(version_id=pk, code=code, user=person_of(request), now=lender_now())
        except DomainError as refusal:
            messages.error(request, refusal.user_message)
        return redirect("admin:education_lessonversion_images", pk)

    def translations(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The languages beside each other, and in what they differ."""
        version = self.found(request, pk)
        source = pages.source_of_draft(version)
        context = {
            "title": f"{version} · {gettext('Translations')}",
            "version": version,
            "table": pages.translations_table(source),
            "differ": pages.translation_problems(source),
            "outdated": [part_name(language) for language in pages.outdated(version)],
        }
        return self.page(request, "staff/lessons/translations.html", context)

    def read(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """A whole version as readers would get it, with what each option says."""
        version = self.found(request, pk)
        if language not in TEXTS:
            raise Http404
        lesson = pages.whole_lesson(version, language)
        context = {
            "title": f"{version} · {part_name(language)}", "version": version, "lesson": lesson, "language": language,
        }  # fmt: skip
        return self.page(request, "staff/lessons/read.html", context)

    def _removed(self, request: HttpRequest, version: LessonVersion, part: str, form: PartForm) -> HttpResponse:
        try:
            save_part(
                version_id=version.pk,
                part=part,
                given=None,
                revision=form.cleaned_data["revision"],
                user=person_of(request),
                now=lender_now(),
            )
        except DomainError as refusal:
            messages.error(request, refusal.user_message)
            return redirect(pages.part_address(version, part))
        messages.success(request, gettext("The question is taken out. Earlier versions keep it."))
        return redirect("admin:education_lessonversion_change", version.pk)


def _form(request: HttpRequest, version: LessonVersion, source: LessonSource, part: str) -> PartForm:
    data: Any = request.POST or None
    initial: dict[str, Any] = {"revision": version.revision}
    if part in TEXTS:
        return TextForm(data, part=part_of(source, part), language=part, initial=initial)
    if part == FACTS:
        others = {each.slug: each.title for each in lessons_in(pages.language_now()) if each.slug != version.slug}
        return FactsForm(data, part=part_of(source, part), others=others, initial=initial)
    if part == CHART_WORDS and source.chart_words:
        return ChartsForm(data, part=source.chart_words, initial=initial)
    if part.startswith(QUESTION):
        skills = part_of(source, FACTS)["skills"]
        found = part_of(source, part)
        codes = [each["code"] for each in source.questions]
        place = 1 + (codes.index(found["code"]) if found else len(codes))
        if found is None:
            initial |= {"code": part.removeprefix(QUESTION)}
        return QuestionForm(data, part=found, skills=skills, place=place, initial=initial)
    raise Http404


def _save(request: HttpRequest, version: LessonVersion, part: str, form: PartForm) -> LessonVersion:
    return save_part(
        version_id=version.pk,
        part=_part_after(part, form),
        given=form.given(),
        revision=form.cleaned_data["revision"],
        user=person_of(request),
        now=lender_now(),
    )


def _part_after(part: str, form: PartForm) -> str:
    """A new question is named by its form."""
    return f"{QUESTION}{form.cleaned_data['code']}" if part.startswith(QUESTION) else part


def _preview(version: LessonVersion, source: LessonSource, part: str, form: PartForm) -> pages.Preview | None:
    if part not in TEXTS:
        return None
    return pages.preview_of(pages.source_of_draft(version, with_part(source, part, form.given())), part)


def _their_text(version: LessonVersion, part: str, form: PartForm) -> Any:
    """Return what the other person's text has and this one has not, line by line."""
    version.refresh_from_db()
    theirs = pages.source_of_draft(version)
    mine = pages.source_of_draft(version, with_part(theirs, part, form.given()))
    return diff(as_text(theirs, part), as_text(mine, part))


def _seen(form: PartForm, revision: int) -> PartForm:
    """Keep what was typed; once the other's text was seen, it may be saved over."""
    form.data = {**form.data.dict(), "revision": str(revision)}  # type: ignore[attr-defined]
    return form


def _problems(source: LessonSource, part: str) -> list[Any]:
    found = problems_of(source, known=published_slugs(), today=lender_today())
    return [each for each in found if each.part == part]

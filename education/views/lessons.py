from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from dashu.kernel.dates import lender_now, lender_today
from dashu.web.offline import kept_for_reading
from education.domain.lessons import Lesson
from education.domain.own import NAMES
from education.domain.placeholders import names_own
from education.languages import language_now
from education.selectors.own import Own, own
from education.selectors.progress import Progress, latest_answers, progress_by_lesson
from education.selectors.published import LessonNotPublished, lessons_in, shown_now
from education.selectors.repeats import count_today
from education.services.wishes import note_opened
from education.views.feedback import said_form
from education.views.questions import asked_of
from education.views.reading import address_in, in_the_language_asked_for, lesson_in_words, place_of
from education.views.seo import of_course, of_lesson, seo

LEVELS: Mapping[int, tuple[str | Promise, str | Promise]] = {
    1: (_("The basics"), _("What money costs, and how to see it.")),
    2: (_("Month by month"), _("Keeping the month in balance, and a little aside.")),
    3: (_("When it gets hard"), _("What happens, what your rights are, and who helps.")),
}


@dataclass(frozen=True, slots=True)
class Level:
    """The lessons of a level as one reader finds them; `progress` is None for a lesson that is not begun."""

    name: str | Promise
    lead: str | Promise
    lessons: Sequence[tuple[Lesson, Progress | None]]


@require_GET
@kept_for_reading
@in_the_language_asked_for
def lessons(request: HttpRequest) -> HttpResponse:
    done = progress_by_lesson(user_id=request.user.pk) if request.user.is_authenticated else {}
    found = lessons_in(language_now())
    levels = [
        Level(name, lead, [(lesson, done.get(lesson.slug)) for lesson in found if lesson.level == number])
        for number, (name, lead) in LEVELS.items()
    ]
    learned = sum(each.is_mastered for each in done.values())
    about = seo(
        request,
        title=_now("Learn"),
        description=_now(
            "Short lessons on what loans cost and what your rights are. "
            "Free, for everyone, and never part of a decision about your credit."
        ),
        data=of_course(request, [(each, reverse("education:lesson", args=[each.slug])) for each in found]),
    )
    shown = {"seo": about, "levels": levels, "count": len(found), "learned": learned, "has_begun": bool(done)}
    return render(request, "education/lessons.html", {**shown, "today": _count_today(request, found)})


@require_GET
@kept_for_reading
@in_the_language_asked_for
def lesson(request: HttpRequest, slug: str) -> HttpResponse:
    """
    Show a lesson. A visitor's answers are in the address, a signed-in reader's are kept; `again` reopens one.

    `loan` chooses whose figures stand in it, where the reader has several.
    """
    published = shown_now()
    try:
        shown = lesson_in_words(slug, shown=published)
    except LessonNotPublished as error:
        raise Http404(slug) from error
    about = Own()
    if names_own(shown.markdown) & NAMES:
        about = own(request.user, today=lender_today(), number=request.GET.get("loan", ""))
        shown = lesson_in_words(slug, about.figures, shown=published)
    if request.user.is_authenticated:
        note_opened(user_id=request.user.pk, lesson=slug, at=lender_now())
    form, is_said = said_form(request, slug)
    return render(
        request,
        "education/lesson.html",
        {
            "lesson": shown,
            "level": LEVELS[shown.level][0],
            "own": about,
            "asked": asked_of(shown, _chosen(request, slug)),
            "next_step": place_of(shown.next_step.page),
            "related": [each for each in lessons_in(language_now(), published) if each.slug in shown.related],
            "form": form,
            "is_said": is_said,
            "seo": seo(request, title=shown.title, description=shown.summary, data=of_lesson(shown), kind="article"),
            "shared": address_in(request, language_now()),
        },
    )


def _count_today(request: HttpRequest, lessons: Sequence[Lesson]) -> int:
    """How many questions come again today for a signed-in reader."""
    user_id: Any = request.user.pk
    if not user_id:
        return 0
    return count_today(user_id=user_id, today=lender_today(), language=language_now(), lessons=lessons)


def _chosen(request: HttpRequest, slug: str) -> dict[str, str]:
    chosen: dict[str, str] = {}
    if request.user.is_authenticated:
        chosen = {code: a.option for code, a in latest_answers(user_id=request.user.pk, lesson=slug).items()}
    chosen |= request.GET.dict()
    chosen.pop(request.GET.get("again", ""), None)
    return chosen

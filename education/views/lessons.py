from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from dashu.kernel.dates import lender_now, lender_today
from dashu.web.posting import sent_from
from dashu.web.requests import HtmxRequest
from education.domain.lessons import LANGUAGES, Lesson, Option, Question, lesson_for, load_lesson, slugs
from education.selectors.own import own
from education.selectors.progress import latest_answers, mastered_lessons
from education.selectors.repeats import count_today
from education.services.record_answer import UnknownQuestion, known_question, record_answer
from education.services.wishes import note_opened


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as one reader sees it: still open, or with the option they chose."""

    lesson: str
    number: int
    question: Question
    chosen: Option | None


@require_GET
def lessons(request: HttpRequest) -> HttpResponse:
    mastered = mastered_lessons(user_id=request.user.pk) if request.user.is_authenticated else frozenset()
    found = [(lesson, lesson.slug in mastered) for lesson in map(_lesson, slugs())]
    return render(request, "education/lessons.html", {"lessons": found, "today": _count_today(request)})


@require_GET
def lesson(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a lesson. A visitor's answers are in the address, a signed-in reader's are kept; `again` reopens one."""
    if slug not in slugs():
        raise Http404
    about = own(request.user, today=lender_today(), number=request.GET.get("loan", ""))
    shown = lesson_for(slug, _language(), about.figures) if about.figures else _lesson(slug)
    chosen: dict[str, str] = {}
    if request.user.is_authenticated:
        note_opened(user_id=request.user.pk, lesson=slug, at=lender_now())
        chosen = {code: a.option for code, a in latest_answers(user_id=request.user.pk, lesson=slug).items()}
    chosen |= request.GET.dict()
    chosen.pop(request.GET.get("again", ""), None)
    further = next((_lesson(other) for other in slugs() if other != slug), None)
    return render(
        request,
        "education/lesson.html",
        {"lesson": shown, "asked": _asked(shown, chosen), "further": further},
    )


@sent_from("education:lesson", "slug")
def answer(request: HtmxRequest, slug: str, question: str) -> HttpResponse:
    """Take an answer: htmx gets the question with its feedback, a browser without scripts the lesson at that place."""
    option = request.POST.get("option", "")
    try:
        asked = known_question(slug, question, _language())
        if request.user.is_authenticated and option:
            record_answer(
                user_id=request.user.pk, lesson=slug, question=question, option=option, answered_at=lender_now()
            )
    except UnknownQuestion as error:
        raise Http404(str(error)) from error
    if request.htmx:
        number = [q.code for q in _lesson(slug).questions].index(question) + 1
        shown = Asked(slug, number, asked, asked.option(option))
        return render(request, "education/_question.html", {"asked": shown})
    return redirect(f"{reverse('education:lesson', args=[slug])}?{question}={option}#{question}")


def _count_today(request: HttpRequest) -> int:
    """How many questions come again today for a signed-in reader."""
    user_id: Any = request.user.pk
    return count_today(user_id=user_id, today=lender_today(), language=_language()) if user_id else 0


def _asked(shown: Lesson, chosen: Mapping[str, str]) -> list[Asked]:
    return [
        Asked(shown.slug, number, question, question.option(chosen.get(question.code, "")))
        for number, question in enumerate(shown.questions, start=1)
    ]


def _lesson(slug: str) -> Lesson:
    return load_lesson(slug, _language())


def _language() -> str:
    language = get_language()
    return language if language in LANGUAGES else LANGUAGES[0]

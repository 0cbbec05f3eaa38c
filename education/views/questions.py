from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from dashu.kernel.dates import lender_now
from dashu.web.posting import sent_from
from dashu.web.requests import HtmxRequest
from education.domain.lessons import Lesson, Option, Question
from education.languages import language_now
from education.selectors.published import LessonNotPublished
from education.services.record_answer import UnknownQuestion, known_question, record_answer
from education.views.reading import lesson_in_words


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as one reader sees it: still open, or with the option they chose."""

    lesson: str
    number: int
    question: Question
    chosen: Option | None


def asked_of(shown: Lesson, chosen: Mapping[str, str]) -> list[Asked]:
    return [
        Asked(shown.slug, number, question, question.option(chosen.get(question.code, "")))
        for number, question in enumerate(shown.questions, start=1)
    ]


@sent_from("education:lesson", "slug")
def answer(request: HtmxRequest, slug: str, question: str) -> HttpResponse:
    """Take an answer: htmx gets the question with its feedback, a browser without scripts the lesson at that place."""
    option = request.POST.get("option", "")
    try:
        asked = known_question(slug, question, language_now())
        if request.user.is_authenticated and option:
            record_answer(
                user_id=request.user.pk, lesson=slug, question=question, option=option, answered_at=lender_now()
            )
    except (UnknownQuestion, LessonNotPublished) as error:
        raise Http404(str(error)) from error
    if request.htmx:
        number = [q.code for q in lesson_in_words(slug).questions].index(question) + 1
        shown = Asked(slug, number, asked, asked.option(option))
        return render(request, "education/_question.html", {"asked": shown})
    return redirect(f"{reverse('education:lesson', args=[slug])}?{question}={option}#{question}")

"""Learning over days: the questions of today, what is mastered, a certificate, and leaving no trace."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from dashu.documents.codes import grouped, read_code
from dashu.kernel.dates import lender_now, lender_today
from dashu.policy.learning import Repeats
from dashu.policy.rules import learning_repeats
from dashu.users.actors import actor_of
from dashu.web.posting import sent_from
from dashu.web.requests import HtmxRequest
from education.languages import language_now
from education.models import LearningCertificate, LessonProgress
from education.papers.certificate import certificate_pdf
from education.selectors.published import lesson_of
from education.selectors.repeats import DueQuestion, levels_of, next_day, todays_questions
from education.services.certificates import LONGEST_NAME, NameTooLong, NotMastered, issue_certificate
from education.services.erase_learning import erase_learning
from education.services.questions import UnknownQuestion, known_question
from education.services.repeats import answer_repeat
from education.skill_words import LEVELS, STANDINGS, name_of_skill
from education.views.questions import Asked


def questions_of_today(request: HttpRequest) -> list[DueQuestion]:
    """What comes again today for a signed-in reader; nothing for a visitor."""
    if not request.user.is_authenticated:
        return []
    today = lender_today()
    rules = learning_repeats(today)
    return todays_questions(user_id=request.user.pk, today=today, rules=rules, language=language_now())


@login_required
@never_cache
@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """Show the questions of today, or when the next ones come."""
    found = [
        (each.lesson, Asked(each.lesson.slug, number, replace(each.question, variants=(each.variant,)), None))
        for number, each in enumerate(questions_of_today(request), start=1)
    ]
    user_id: Any = request.user.pk
    coming = None if found else next_day(user_id=user_id)
    return render(
        request,
        "education/learning/today.html",
        {"asked": found, "coming": coming if coming and coming > lender_today() else None},
    )


@login_required
@sent_from("education:today")
def answer_today(request: HtmxRequest, slug: str, question: str) -> HttpResponse:
    """Take the answer to one of them, and give the feedback of every option."""
    user_id: Any = request.user.pk
    option = request.POST.get("option", "")
    try:
        asked = known_question(slug, question, language_now())
        if option:
            given = answer_repeat(
                user_id=user_id, lesson=slug, question=question, option=option, answered_at=lender_now()
            )
            if given is None:
                raise Http404
            option = given.option
    except UnknownQuestion as error:
        raise Http404(str(error)) from error
    if not option:
        return redirect("education:today")
    lesson = lesson_of(slug, language_now())
    number = [each.code for each in lesson.questions].index(question) + 1
    shown = Asked(slug, number, asked, asked.option(option))
    page = "education/_question.html" if request.htmx else "education/learning/answered.html"
    return render(request, page, {"asked": shown, "lesson": lesson})


@login_required
@never_cache
@require_GET
def progress(request: HttpRequest) -> HttpResponse:
    """Show what is mastered, by level, with the rule, and what can be done with it."""
    return _progress(request)


@login_required
@sent_from("education:progress")
def certify(request: HttpRequest) -> HttpResponse:
    """Issue the certificate of a level that is mastered."""
    user_id: Any = request.user.pk
    typed, name = request.POST.get("level", ""), request.POST.get("name", "")
    if typed not in {str(number) for number in LEVELS}:
        raise Http404
    try:
        made = issue_certificate(
            user_id=user_id, level=int(typed), name=name, language=language_now(), now=lender_now()
        )
    except NameTooLong as error:
        return _progress(request, wrong={int(typed): error.user_message}, typed=name[:200])
    except NotMastered as error:
        messages.error(request, error.user_message)
        return redirect("education:progress")
    return redirect("education:certificate", grouped(made.code))


@login_required
@require_GET
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """Hand a certificate of one's own out as a file."""
    found = get_object_or_404(LearningCertificate, user=request.user, code=read_code(code) or "")
    address = reverse("portal:verify_code", args=[grouped(found.code)])
    site = settings.PUBLIC_URL or request.build_absolute_uri("/")
    return HttpResponse(
        certificate_pdf(found, verify_url=site.rstrip("/") + address),
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{grouped(found.code)}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Ask, then delete everything that this person learned here."""
    if request.method == "POST":
        user_id: Any = request.user.pk
        erase_learning(user_id=user_id, actor=actor_of(request))
        messages.success(request, _("Deleted. The lessons stay open to you."))
        return redirect("education:lessons")
    return render(request, "education/learning/erase.html")


def _progress(request: HttpRequest, *, wrong: dict[int, str] | None = None, typed: str = "") -> HttpResponse:
    user: Any = request.user
    rules = learning_repeats(lender_today())
    certificates = LearningCertificate.objects.filter(user=user).order_by("level", "-pk")
    shown = [
        {
            "number": level.number,
            "name": LEVELS.get(level.number, level.number),
            "mastered": level.mastered,
            "count": len(level.skills),
            "is_mastered": level.is_mastered,
            "problem": (wrong or {}).get(level.number, ""),
            "skills": [(name_of_skill(s.code), STANDINGS[s.standing], s.is_mastered, s.lesson) for s in level.skills],
        }
        for level in levels_of(user_id=user.pk, rules=rules)
    ]
    context = {
        "levels": shown,
        "rule": _rule(rules),
        "certificates": [(each, grouped(each.code), LEVELS.get(each.level, each.level)) for each in certificates],
        "questions": len(questions_of_today(request)),
        "has_begun": LessonProgress.objects.filter(user=user).exists(),
        "typed": typed,
        "longest_name": LONGEST_NAME,
    }
    return render(request, "education/learning/progress.html", context, status=400 if wrong else 200)


def _rule(rules: Repeats) -> dict[str, object]:
    """The rule in numbers, for the words of the page. See `dashu.policy.learning.Repeats`."""
    *others, last = rules.after_days
    days = ", ".join(str(day) for day in others)
    return {
        "days": _("%(days)s and %(last)s") % {"days": days, "last": last} if others else str(last),
        "a_day": rules.questions_a_day,
        "wait": rules.after_days[rules.mastered_after - 1] if rules.mastered_after else 0,
    }

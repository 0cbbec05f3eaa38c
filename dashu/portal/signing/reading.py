"""What a loan costs, read before it is signed: the sheet for some seconds at least, then three questions on it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.portal.applying.views import own_application
from dashu.users.actors import actor_of
from loans.disclosing import (
    contingent_rows,
    cost_rows,
    in_words,
    late_example,
    not_charged,
    part_title,
    question_words,
    schedule_rows,
    totals,
    yearly_cost,
)
from loans.domain.applications import Status
from loans.domain.cost_sheet import CostSheet
from loans.domain.understanding import Place, questions_of
from loans.services.disclose_costs import Reading, answer_questions, confirm_sheet, open_sheet


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def costs(request: HttpRequest, reference: str) -> HttpResponse:
    """The cost sheet of the chosen offer; going on is possible once it was open long enough."""
    shown = own_application(request, reference)
    if shown.status != Status.ACCEPTED:
        return redirect("portal:application", reference)
    about: dict[str, Any] = {"application_id": shown.pk, "now": lender_now(), "actor": actor_of(request)}
    refusal = ""
    try:
        if request.method == "POST":
            try:
                confirm_sheet(**about)
                return redirect("portal:application_questions", reference)
            except DomainError as error:
                refusal = error.user_message
        reading = open_sheet(**about)
    except DomainError as error:
        messages.error(request, error.user_message)
        return redirect("portal:application", reference)
    return render(
        request,
        "portal/signing/costs.html",
        {"application": shown, "refusal": refusal, **sheet_context(reading.sheet), "reading": reading},
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def questions(request: HttpRequest, reference: str) -> HttpResponse:
    """Three questions on the sheet. What is not yet understood is explained beside it and asked again."""
    shown = own_application(request, reference)
    if shown.status != Status.ACCEPTED:
        return redirect("portal:application", reference)
    about: dict[str, Any] = {"application_id": shown.pk, "now": lender_now(), "actor": actor_of(request)}
    answers: dict[str, str] = {}
    wrong: set[str] = set()
    try:
        reading = open_sheet(**about)
        if not reading.disclosure.confirmed_at:
            return redirect("portal:application_costs", reference)
        if request.method == "POST":
            asked = questions_of(reading.sheet)
            answers = {each.about.value: request.POST[each.about] for each in asked if each.about in request.POST}
            graded = answer_questions(answers=answers, **about)
            if graded.is_passed:
                return redirect("portal:application_sign", reference)
            wrong = {question.about.value for question in graded.wrong}
    except DomainError as error:
        messages.error(request, error.user_message)
        return redirect("portal:application_costs", reference)
    if reading.disclosure.passed_at and request.method == "GET":
        return redirect("portal:application_sign", reference)
    return render(
        request,
        "portal/signing/questions.html",
        {"application": shown, "questions": questions_asked(reading, answers, wrong), "has_wrong": bool(wrong)},
    )


def sheet_context(sheet: CostSheet) -> dict[str, Any]:
    """Return a cost sheet in words, as `_sheet.html` takes it."""
    lender = policy.lender_names(lender_today())[get_language() or "zh-hans"]
    return {
        "sheet": sheet,
        "yearly": yearly_cost(sheet),
        "totals": totals(sheet),
        "costs": cost_rows(sheet, lender=lender),
        "contingent": contingent_rows(sheet, lender=lender),
        "late_example": late_example(sheet),
        "not_charged": not_charged(sheet),
        "schedules": [
            (part_title(sheet, part) if sheet.drawn else "", list(schedule_rows(part.rows))) for part in sheet.portions
        ],
    }


def questions_asked(reading: Reading, answers: dict[str, str], wrong: set[str]) -> list[dict[str, Any]]:
    """Return the questions in words, with what was chosen and what is explained of those that were not understood."""
    return [
        {
            **question_words(question),
            "chosen": answers.get(question.about.value, ""),
            "why": in_words(question.why) if question.about.value in wrong else "",
            "place": _PLACES[question.place],
        }
        for question in questions_of(reading.sheet)
    ]


# Where on the page of the sheet the answer stands.
_PLACES: dict[Place, str] = {Place.SCHEDULE: "schedule", Place.TOTALS: "totals", Place.PENALTY: "late"}

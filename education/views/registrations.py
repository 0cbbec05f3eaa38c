"""The page of one seat, opened by its own address: confirm it, come in with it, give it back, say how it was."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from dashu.documents.codes import grouped
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.messaging.links import public_address
from dashu.messaging.secret_texts import shows_secrets
from dashu.web.forms import add_refusal
from education.languages import language_now
from education.models import WorkshopCode, WorkshopMaterial, WorkshopRegistration
from education.models.workshops import FEEDBACK_DAYS
from education.qr_codes import qr
from education.selectors.published import titles_in
from education.selectors.workshops import (
    materials_of,
    place_in_line,
    read_registration_token,
    registration_token,
)
from education.services.workshops.give_back import give_back
from education.services.workshops.give_feedback import PARTS, give_feedback
from education.services.workshops.sign_up import ask_code_again, confirm_visitor
from education.views.workshops import calendar_answer, shown
from education.workshop_forms import FeedbackForm, WorkshopCodeForm

Status = WorkshopRegistration.Status


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def registration(request: HttpRequest, token: str) -> HttpResponse:
    """Show the seat; a POST says what to do with it in `act`: confirm, code or give_back."""
    mine = found(token)
    act = request.POST.get("act", "")
    form = WorkshopCodeForm(request.POST if act == "confirm" else None)
    refusal = ""
    if request.method == "POST":
        try:
            if after := _done(mine, act, form):
                return redirect("education:registration", registration_token(after.pk))
        except DomainError as error:
            if form.is_bound:
                add_refusal(form, error)
            else:
                refusal = error.user_message
        mine = found(token)
    return private(render(request, "education/workshops/registration.html", _page(mine, form, refusal)))


@never_cache
@require_GET
def registration_calendar(request: HttpRequest, token: str) -> HttpResponse:
    mine = found(token)
    return private(calendar_answer(mine.workshop, is_own=mine.has_seat))


@never_cache
@require_http_methods(["GET", "POST"])
def feedback(request: HttpRequest, token: str) -> HttpResponse:
    """Ask how it was; whoever has said so, or was not there, is told so."""
    mine = found(token)
    form = FeedbackForm(request.POST or None)
    is_done = mine.gave_feedback
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            give_feedback(
                registration_id=mine.pk,
                ratings={part: given[part] for part in PARTS},
                words=given["words"],
                now=lender_now(),
            )
        except DomainError as error:
            add_refusal(form, error)
        else:
            return redirect("education:feedback", token)
    context = {
        "shown": shown(mine.workshop),
        "form": form,
        "token": token,
        "is_done": is_done,
        "may": mine.checked_in_at is not None,
    }
    return private(render(request, "education/workshops/feedback.html", context))


@never_cache
@require_GET
def material(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """Hand out a file, to who was there."""
    mine = found(token)
    wanted = WorkshopMaterial.objects.filter(workshop_id=mine.workshop_id, pk=pk).exclude(content=None).first()
    if wanted is None or mine.checked_in_at is None:
        raise Http404
    name = wanted.name.replace('"', "'").encode("ascii", "replace").decode().replace("?", "_")
    return private(
        HttpResponse(
            bytes(wanted.content or b""),
            content_type=wanted.content_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
        )
    )


def found(token: str) -> WorkshopRegistration:
    pk = read_registration_token(token)
    rows = WorkshopRegistration.objects.select_related("workshop__partner", "user")
    mine = rows.filter(pk=pk, forgotten_at=None).first() if pk else None
    if mine is None:
        raise Http404
    return mine


def private(answer: HttpResponse) -> HttpResponse:
    answer["X-Robots-Tag"] = "noindex"
    # Its address goes to no other site; to our own it must, or a browser hides where a form of it comes from.
    answer["Referrer-Policy"] = "same-origin"
    return answer


def _done(mine: WorkshopRegistration, act: str, form: WorkshopCodeForm) -> WorkshopRegistration | None:
    now = lender_now()
    if act == "confirm":
        if not form.is_valid():
            return None
        return confirm_visitor(registration_id=mine.pk, typed=form.cleaned_data["code"], now=now)
    if act == "code":
        ask_code_again(registration_id=mine.pk, now=now)
    elif act == "give_back":
        give_back(registration_id=mine.pk, now=now)
    return mine


def _page(mine: WorkshopRegistration, form: WorkshopCodeForm, refusal: str) -> dict[str, Any]:
    now, workshop = lender_now(), mine.workshop
    code: WorkshopCode | None = None
    if mine.status == Status.UNCONFIRMED:
        code = WorkshopCode.objects.filter(registration=mine).usable(now=now)
    is_over = now >= workshop.starts_at or workshop.status in (workshop.Status.CANCELLED, workshop.Status.DONE)
    may_say = mine.checked_in_at and workshop.starts_at <= now <= workshop.ends_at + timedelta(days=FEEDBACK_DAYS)
    return {
        "mine": mine,
        "token": registration_token(mine.pk),
        "shown": shown(workshop),
        "workshop": workshop,
        "form": form,
        "refusal": refusal,
        "shown_code": code.sealed_code if code and shows_secrets() else None,
        "place_in_line": place_in_line(mine) if mine.status == Status.WAITING else 0,
        "door_code": grouped(mine.code),
        "qr": qr(public_address(reverse("education:check_in_code", args=[grouped(mine.code)])))
        if mine.has_seat and not mine.checked_in_at
        else "",
        "may_give_back": mine.is_live and not is_over and not mine.checked_in_at,
        "may_say": may_say and not mine.gave_feedback,
        "materials": _materials(mine),
    }


def _materials(mine: WorkshopRegistration) -> list[tuple[str, str]]:
    """Return name and address of what there is to take home, for who was there."""
    if not mine.checked_in_at:
        return []
    token = registration_token(mine.pk)
    rows, titles = [], titles_in(language_now())
    for each in materials_of(mine.workshop):
        if each.lesson in titles:
            rows.append((titles[each.lesson], reverse("education:lesson_sheet", args=[each.lesson])))
        elif not each.lesson:
            rows.append((each.name, reverse("education:material", args=[token, each.pk])))
    return rows

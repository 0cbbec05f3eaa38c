"""Workshops for everybody: what is coming, one of them with the way to sign up, and one's own."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from dashu.api import rate_limits
from dashu.api.callers import client_ip
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.messaging.links import public_address
from dashu.users.actors import person_of
from dashu.web.forms import add_refusal
from education.domain.calendar_files import Event, calendar_file
from education.domain.translated import Told, told
from education.domain.workshop_texts import FORGET_AFTER_DAYS
from education.languages import language_now
from education.models import Workshop, WorkshopRegistration
from education.models.workshops import WRITE
from education.selectors.published import lessons_in
from education.selectors.workshops import (
    live_registration,
    own_registrations,
    place_words,
    regions_with_workshops,
    registration_token,
    title_of,
    upcoming_workshops,
    when_words,
)
from education.services.workshops.sign_up import ask_to_sign_up, sign_up
from education.workshop_forms import VisitorForm

AN_HOUR = 20  # sign-ups of one address of the network
HOUR = timedelta(hours=1)
MOST_OWN = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A workshop as a reader sees it: texts in their language, times in the zone of the place."""

    workshop: Workshop
    title: Told
    when: str
    place: str
    state: str

    @property
    def free(self) -> int:
        return max(self.workshop.capacity - self.workshop.seats_taken, 0)


def shown(workshop: Workshop) -> Shown:
    now = lender_now()
    if workshop.status == Workshop.Status.DRAFT:
        state = "draft"
    elif workshop.status == Workshop.Status.CANCELLED:
        state = "off"
    elif workshop.status == Workshop.Status.DONE or workshop.ends_at <= now:
        state = "over"
    elif now < workshop.registration_from:
        state = "soon"
    elif now >= workshop.registration_until:
        state = "closed"
    else:
        state = "full" if workshop.is_full else "open"
    return Shown(workshop, title_of(workshop, language_now()), when_words(workshop), place_words(workshop), state)


@require_GET
def workshops(request: HttpRequest) -> HttpResponse:
    now = lender_now()
    region = request.GET.get("region", "")
    page = upcoming_workshops(now=now, region=region, after=request.GET.get("after", ""))
    regions = regions_with_workshops(now=now)
    return render(
        request,
        "education/workshops/list.html",
        {
            "shown": [shown(workshop) for workshop in page.rows],
            "after": page.after,
            "regions": regions,
            "region": region if region in dict(regions) else "",
            "is_first": "after" not in request.GET,
        },
    )


@sensitive_post_parameters("name", "contact")
@require_http_methods(["GET", "POST"])
def workshop(request: HttpRequest, code: str) -> HttpResponse:
    """One workshop; a POST signs up: whoever is signed in at once, a visitor by a code."""
    found = public_workshop(request, code)
    is_visitor = not request.user.is_authenticated
    form = VisitorForm(request.POST if request.method == "POST" and is_visitor else None)
    refusal = ""
    if request.method == "POST":
        try:
            if registration := _signed_up(request, found, form):
                return redirect("education:registration", registration_token(registration.pk))
        except DomainError as error:
            if is_visitor:
                add_refusal(form, error)
            refusal = "" if is_visitor else error.user_message
        found.refresh_from_db()
    return render(request, "education/workshops/workshop.html", _page(request, found, form, refusal))


@require_GET
def workshop_calendar(request: HttpRequest, code: str) -> HttpResponse:
    return calendar_answer(public_workshop(request, code))


@login_required
@require_GET
def my_workshops(request: HttpRequest) -> HttpResponse:
    """Show what the person signed up for, the next first, and then what is past."""
    now = lender_now()
    rows = own_registrations(user_id=person_of(request).pk).select_related("workshop__partner")
    live = list(rows.filter(status__in=WorkshopRegistration.LIVE).order_by("-workshop__starts_at")[:MOST_OWN])
    coming = [row for row in live if row.workshop.ends_at > now and row.workshop.status == Workshop.Status.OPEN]
    past = [row for row in live if row not in coming]
    return render(
        request,
        "education/workshops/mine.html",
        {"coming": [_own(row) for row in reversed(coming)], "past": [_own(row) for row in past]},
    )


def public_workshop(request: HttpRequest, code: str) -> Workshop:
    """Return what this person may look at: drafts are for those who write them."""
    rows = Workshop.objects.select_related("partner")
    found = (rows if request.user.has_perm(WRITE) else rows.public()).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def calendar_answer(workshop: Workshop, *, is_own: bool = False) -> HttpResponse:
    """Return the calendar file. :param is_own: whether the link of the online room may stand in it."""
    about = shown(workshop)
    page = public_address(reverse("education:workshop", args=[workshop.code]))
    text = told(workshop.description, language_now()).text
    link = workshop.online_link if is_own else ""
    content = calendar_file(
        Event(
            uid=f"workshop-{workshop.code}@dashu",
            stamp=workshop.changed_at,
            sequence=workshop.sequence,
            starts_at=workshop.starts_at,
            ends_at=workshop.ends_at,
            summary=str(about.title),
            description="\n".join(filter(None, [text, link, page])),
            location=link if link and not workshop.place else about.place,
            url=page,
            is_cancelled=workshop.status == Workshop.Status.CANCELLED,
        )
    )
    return HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="workshop-{workshop.code}.ics"'},
    )


def refuse_too_often(request: HttpRequest, name: str = "workshops", *, most: int = AN_HOUR) -> None:
    """:raises RateLimited: this address of the network asked for what has this name more often than `most` an hour."""
    address = client_ip(request) or ""
    rate_limits.refuse_beyond(rate_limits.take(name, address, most, window=HOUR))


def _signed_up(request: HttpRequest, found: Workshop, form: VisitorForm) -> WorkshopRegistration | None:
    now = lender_now()
    if request.user.is_authenticated:
        return sign_up(workshop_id=found.pk, user=person_of(request), now=now)
    if not form.is_valid():
        return None
    refuse_too_often(request)
    given = form.cleaned_data
    return ask_to_sign_up(
        workshop_id=found.pk,
        name=given["name"],
        contact=given["contact"],
        has_agreed=given["agree"],
        language=language_now(),
        now=now,
    )


def _page(request: HttpRequest, found: Workshop, form: VisitorForm, refusal: str) -> dict[str, Any]:
    mine = live_registration(found, user_id=request.user.pk) if request.user.is_authenticated else None
    return {
        "shown": shown(found),
        "workshop": found,
        "about": told(found.description, language_now()),
        "lessons": [lesson for lesson in lessons_in(language_now()) if lesson.slug in found.lessons],
        "mine": mine,
        "mine_at": reverse("education:registration", args=[registration_token(mine.pk)]) if mine else "",
        "form": form,
        "refusal": refusal,
        "days": FORGET_AFTER_DAYS,
        "share": public_address(reverse("education:workshop", args=[found.code])),
    }


def _own(registration: WorkshopRegistration) -> dict[str, Any]:
    about = shown(registration.workshop)
    if registration.checked_in_at:
        state, tone = gettext("You were there"), "good"
    elif about.state == "off":
        state, tone = gettext("Does not take place"), "late"
    elif registration.has_seat:
        state, tone = gettext("Your seat is kept"), "good"
    else:
        state, tone = gettext("On the waiting list"), "soon"
    return {
        "shown": about,
        "state": state,
        "tone": tone,
        "href": reverse("education:registration", args=[registration_token(registration.pk)]),
    }

"""At the door: the address in a participant's QR code, and the poster that people scan themselves."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.users.actors import person_of
from dashu.web.forms import add_refusal
from education.models import Workshop
from education.models.workshops import CHECK_IN
from education.selectors.workshops import live_registration, poster_token
from education.services.workshops.check_in import POSTER, Arrival, check_in, find_on_site
from education.views.registrations import private
from education.views.workshops import refuse_too_often, shown
from education.workshop_forms import OnSiteForm

AT_THE_DOOR = 200  # an hour: people at one place are often behind one address of the network


@never_cache
@require_GET
def check_in_code(request: HttpRequest, code: str) -> HttpResponse:
    """Lead staff to the check-in of this code; everybody else is told to show it at the entrance, and nothing more."""
    at_desk = f"{reverse('admin:education_workshop_check_in')}?code={code}"
    if request.user.has_perm(CHECK_IN):
        return redirect(at_desk)
    return private(render(request, "education/workshops/show_code.html", {"code": code, "at_desk": at_desk}))


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def here(request: HttpRequest, code: str, token: str) -> HttpResponse:
    """Let people note themselves that they came: by the poster, around the time of the workshop only."""
    workshop = Workshop.objects.public().select_related("partner").filter(code=code).first()
    if workshop is None or not constant_time_compare(token, poster_token(workshop)):
        raise Http404
    mine = live_registration(workshop, user_id=request.user.pk) if request.user.is_authenticated else None
    form = OnSiteForm(request.POST if request.method == "POST" and mine is None else None)
    arrival, refusal = None, ""
    if request.method == "POST":
        try:
            arrival = _arrived(request, workshop, form)
        except DomainError as error:
            if form.is_bound:
                add_refusal(form, error)
            else:
                refusal = error.user_message
    context = {
        "shown": shown(workshop),
        "is_open": workshop.lets_in(now=lender_now()),
        "mine": mine,
        "form": form,
        "refusal": refusal,
        "arrival": arrival,
    }
    return private(render(request, "education/workshops/here.html", context))


def _arrived(request: HttpRequest, workshop: Workshop, form: OnSiteForm) -> Arrival | None:
    now = lender_now()
    mine = live_registration(workshop, user_id=person_of(request).pk) if request.user.is_authenticated else None
    if mine is None:
        if not form.is_valid():
            return None
        refuse_too_often(request, "workshop-door", most=AT_THE_DOOR)
        mine = find_on_site(workshop, form.cleaned_data["code"])
    return check_in(registration_id=mine.pk, actor=POSTER, now=now)

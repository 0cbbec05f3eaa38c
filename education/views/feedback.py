import secrets
from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from dashu.api import rate_limits
from dashu.api.callers import client_ip
from dashu.kernel.dates import lender_now
from dashu.web.forms import add_refusal
from dashu.web.posting import sent_from
from dashu.web.requests import HtmxRequest
from education.forms.feedback import HelpfulForm
from education.languages import language_now
from education.selectors.feedback import feedback_of
from education.selectors.published import published_slugs
from education.services.say_helpful import say_helpful

VISIT = "education.visit"
PLACE = "helpful"
AN_HOUR = 60  # words of visitors from one address of the network; each visit would be another reader
HOUR = timedelta(hours=1)


def visit_of(request: HttpRequest) -> str:
    """Return what names this visit; "" while nothing has been said in it, so that reading alone needs no cookie."""
    return str(request.session.get(VISIT, ""))


def said_form(request: HttpRequest, slug: str) -> tuple[HelpfulForm, bool]:
    """Return the form as this reader finds it, and whether they have said something."""
    said = feedback_of(request.user, visit_of(request), lesson=slug)
    return (HelpfulForm.of(is_helpful=said.is_helpful, words=said.words), True) if said else (HelpfulForm(), False)


@sent_from("education:lesson", "slug", place=f"#{PLACE}")
def helpful(request: HtmxRequest, slug: str) -> HttpResponse:
    """Take whether the lesson helped: htmx gets the form with thanks, a browser without scripts the lesson there."""
    if slug not in published_slugs():
        raise Http404
    form = HelpfulForm(request.POST)
    is_said = form.is_valid() and _say(request, slug, form)
    if is_said and not request.htmx:
        return redirect(f"{reverse('education:lesson', args=[slug])}#{PLACE}")
    shown = {"slug": slug, "form": form, "is_said": is_said}
    return render(request, "education/_helpful.html" if request.htmx else "education/helpful.html", shown)


def _say(request: HttpRequest, slug: str, form: HelpfulForm) -> bool:
    """Keep what a valid form says; False, with the refusal in the form, where too much comes from one place."""
    if not request.user.is_authenticated:
        try:
            taken = rate_limits.take("helpful", client_ip(request) or "", AN_HOUR, window=HOUR)
            rate_limits.refuse_beyond(taken)
        except rate_limits.RateLimited as error:
            add_refusal(form, error)
            return False
        request.session.setdefault(VISIT, secrets.token_hex(16))
    say_helpful(
        lesson=slug,
        language=language_now(),
        user_id=request.user.pk,
        visitor=visit_of(request),
        is_helpful=form.is_helpful,
        words=form.cleaned_data["words"],
        said_at=lender_now(),
    )
    return True

import secrets

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from dashu.kernel.dates import lender_now
from dashu.web.posting import sent_from
from dashu.web.requests import HtmxRequest
from education.forms.feedback import HelpfulForm
from education.selectors.feedback import feedback_of
from education.selectors.published import published_slugs
from education.services.say_helpful import say_helpful
from education.views.reading import language

VISIT = "education.visit"
PLACE = "helpful"


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
    is_valid = form.is_valid()
    if is_valid:
        if not request.user.is_authenticated:
            request.session.setdefault(VISIT, secrets.token_hex(16))
        say_helpful(
            lesson=slug,
            language=language(),
            user_id=request.user.pk,
            visitor=visit_of(request),
            is_helpful=form.is_helpful,
            words=form.cleaned_data["words"],
            said_at=lender_now(),
        )
        if not request.htmx:
            return redirect(f"{reverse('education:lesson', args=[slug])}#{PLACE}")
    shown = {"slug": slug, "form": form, "is_said": is_valid}
    return render(request, "education/_helpful.html" if request.htmx else "education/helpful.html", shown)

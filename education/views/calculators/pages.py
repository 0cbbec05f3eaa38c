"""The pages of the calculators: open to everybody, worked out here, and nothing of what is typed is kept."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from dashu.kernel.dates import lender_today
from dashu.web.offline import kept_for_reading
from dashu.web.requests import HtmxRequest
from education.languages import language_now
from education.selectors.own import own
from education.views.calculators.catalog import CALCULATORS
from education.views.calculators.starting import own_start
from education.views.reading import address_in, in_the_language_asked_for, lesson_if_shown
from education.views.seo import of_calculator, seo

OWN = "own"


@require_GET
@kept_for_reading
@in_the_language_asked_for
def calculators(request: HttpRequest) -> HttpResponse:
    title = _("Calculators")
    about = _("Exact to the fen, by the same sums as our loans. Nothing of what you type is kept.")
    told = seo(request, title=title, description=about, data={"@type": "CollectionPage"})
    return render(request, "education/calculators/list.html", {"calculators": CALCULATORS.values(), "seo": told})


@require_GET
@kept_for_reading
@vary_on_headers("HX-Request")
@in_the_language_asked_for
def calculator(request: HtmxRequest, code: str) -> HttpResponse:
    """Show a calculator with what the address names, or with its example; `own` begins with the reader's figures."""
    shown = CALCULATORS.get(code)
    if shown is None:
        raise Http404
    about = own(request.user, today=lender_today(), number=request.GET.get("loan", "")) if not request.htmx else None
    start = own_start(code, about) if about else {}
    typed = request.GET.dict()
    form = shown.form({**start, **typed} if OWN in typed else typed)
    outcome = shown.tell(form) if form.is_valid() else None
    context = {"calculator": shown, "form": form, "outcome": outcome, "is_update": request.htmx}
    if request.htmx:
        return render(request, "education/calculators/_outcome.html", context)
    return render(
        request,
        "education/calculators/page.html",
        {
            **context,
            "seo": seo(request, title=str(shown.title), description=str(shown.lead), data=of_calculator()),
            "lesson": lesson_if_shown(shown.lesson),
            "has_own": bool(start),
            "is_own": bool(start) and OWN in typed,
            "own": about,
            "shared": address_in(request, language_now()),
        },
    )

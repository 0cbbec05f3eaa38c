"""A lesson that fits what has just happened: the way to it from a message, and putting its card away."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashu.kernel.dates import lender_now, lender_today
from dashu.users.actors import actor_of
from dashu.users.models import Borrower
from dashu.web.posting import sent_from
from education.languages import language_now
from education.selectors.moments import card_for
from education.services.wishes import never_again, not_now


@login_required
@never_cache
@require_GET
def for_you(request: HttpRequest) -> HttpResponse:
    """Lead to the lesson that fits now, or to all of them."""
    user_id: Any = request.user.pk
    card = card_for(user_id=user_id, today=lender_today(), language=language_now())
    return redirect("education:lesson", card.lesson.slug) if card else redirect("education:lessons")


@login_required
@sent_from("education:lessons")
def put_away(request: HttpRequest, moment_id: int) -> HttpResponse:
    """Put a card away for some days, or all of them for good."""
    user_id: Any = request.user.pk
    borrower = Borrower.objects.filter(user_id=user_id).first()
    answer = request.POST.get("answer", "")
    if borrower is None or answer not in ("not_now", "never"):
        raise Http404
    if answer == "never":
        never_again(borrower_id=borrower.pk, at=lender_now(), actor=actor_of(request))
        messages.success(request, _("No more lessons are pointed out to you. You find all of them under “Learn”."))
    elif not not_now(borrower_id=borrower.pk, moment_id=moment_id, at=lender_now()):
        raise Http404
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(back if is_ours else "/")

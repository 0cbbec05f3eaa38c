"""A copy of all one's data: asked for, made in the background, fetched by a link that opens for its owner only."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods

from dashu.kernel.dates import lender_date, lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy.rules import privacy_export
from dashu.portal.own_borrower import own_borrower
from dashu.privacy.links import fetch_token, read_fetch_token
from dashu.privacy.models import DataExport
from dashu.privacy.services.ask_export import OPEN, ask_export
from dashu.privacy.services.hand_out_export import hand_out_export
from dashu.users.actors import actor_of

SHOWN = 5


@login_required
@require_http_methods(["GET", "POST"])
def export(request: HttpRequest) -> HttpResponse:
    """Show what was made and what is being made; a POST asks for a copy, and again changes nothing."""
    borrower = own_borrower(request)
    if request.method == "POST":
        try:
            ask_export(
                borrower_id=borrower.pk, language=get_language() or "en", now=lender_now(), actor=actor_of(request)
            )
        except DomainError as refusal:
            messages.warning(request, refusal.user_message)
        return redirect("portal:export")
    person: Any = request.user
    exports = list(DataExport.objects.visible_to(person)[:SHOWN])
    return render(
        request,
        "portal/export.html",
        {
            "exports": exports,
            "is_making": any(each.status in OPEN for each in exports),
            "keep_days": privacy_export(lender_today()).keep_days,
        },
    )


@login_required
@require_GET
def fetch(request: HttpRequest, token: str) -> HttpResponse:
    """After they proved anew who they are, make a link that is valid for five minutes, and follow it."""
    own = DataExport.objects.visible_to(cast("Any", request.user))
    found = get_object_or_404(own, token=token, status=DataExport.Status.READY)
    return _to_the_file(request, found)


@reauthentication_required
def _to_the_file(request: HttpRequest, found: DataExport) -> HttpResponse:
    person: Any = request.user
    return redirect("portal:export_file", fetch_token(str(found.token), user_id=person.pk))


@login_required
@require_GET
def file(request: HttpRequest, signed: str) -> HttpResponseBase:
    person: Any = request.user
    token = read_fetch_token(signed, user_id=person.pk)
    if token is None:
        return render(request, "portal/export_link_expired.html", status=410)
    found = get_object_or_404(DataExport.objects.visible_to(person), token=token)
    try:
        pieces = hand_out_export(found, now=lender_now(), actor=actor_of(request))
    except DomainError as refusal:
        raise Http404 from refusal
    made_on = lender_date(found.ready_at or found.asked_at)
    return StreamingHttpResponse(
        pieces,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="dashu-{made_on.isoformat()}.zip"',
            "Content-Length": str(found.size),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )

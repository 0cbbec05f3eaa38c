"""A borrower reads what a plan costs and changes, and accepts it with a code by text message."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from collections_mgmt.models import OfferSet, RestructuringOffer
from collections_mgmt.services.relief.accept_offer import accept_offer
from collections_mgmt.services.relief.offer_codes import OfferOutdated, ask_offer_code, latest_offer_code
from collections_mgmt.services.relief.read_sheet import open_sheet, seconds_left
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.messaging.secret_texts import shows_secrets
from dashu.policy import rules as policy
from dashu.portal.complaining import complaints_shown
from dashu.portal.relief.joining import joined_shown
from dashu.portal.relief.offers import brought_up, is_open
from dashu.portal.relief.own import own_way
from dashu.portal.relief.showing import way_shown
from dashu.portal.signing.forms import CodeForm
from dashu.portal.signing.where import where_of
from dashu.users.actors import actor_of
from repayments.papers.serving import site_of


@never_cache
@sensitive_post_parameters("code")
@login_required
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """
    The sheet of one way, the code to accept it with, and the acceptance; once accepted, it leads to the plan.

    The code is there once the sheet was open for as long as reading it takes.
    """
    offered, offer = own_way(request, reference, number)
    if offer.status == RestructuringOffer.Status.ACCEPTED:
        return redirect("portal:relief_plan", offer.plan.reference)
    changes, today = brought_up(offered), lender_today()
    offer.refresh_from_db()
    if not is_open(offered, today) or offer.status != RestructuringOffer.Status.OFFERED:
        return redirect("portal:relief_offers", reference)
    if request.method == "POST" and changes:
        return _page(request, offered, offer, CodeForm(), changes, today)
    if request.method == "POST" and "code" in request.POST:
        return _signed(request, offered, offer, today)
    if request.method == "POST":
        try:
            ask_offer_code(offer_id=offer.pk, now=lender_now(), actor=actor_of(request))
        except DomainError as refusal:
            messages.warning(request, refusal.user_message)
        return redirect("portal:relief_sign", reference, number)
    open_sheet(offer_id=offer.pk, now=lender_now(), actor=actor_of(request))
    offer.refresh_from_db()
    return _page(request, offered, offer, CodeForm(), changes, today)


def _signed(request: HttpRequest, offered: OfferSet, offer: RestructuringOffer, today: date) -> HttpResponse:
    form = CodeForm(request.POST)
    changes: list[str] = []
    if form.is_valid():
        try:
            plan = accept_offer(
                offer_id=offer.pk,
                code=form.cleaned_data["code"],
                language=get_language() or "zh-hans",
                now=lender_now(),
                site=site_of(request),
                where=where_of(request),
                actor=actor_of(request),
            )
        except OfferOutdated as refusal:
            offered.refresh_from_db()
            offer.refresh_from_db()
            changes = [refusal.user_message]
        except DomainError as refusal:
            form.add_error("code" if refusal.field == "code" else None, refusal.user_message)
        else:
            messages.success(request, _("Agreed. From now on the loan goes by this plan."))
            return redirect("portal:relief_plan", plan.reference)
    return _page(request, offered, offer, form, changes, today)


def _page(
    request: HttpRequest,
    offered: OfferSet,
    offer: RestructuringOffer,
    form: CodeForm,
    changes: list[str],
    today: date,
) -> HttpResponse:
    context = sheet_context(offered, offer, form, changes, today)
    return render(request, "portal/relief/sign.html", context)


def sheet_context(
    offered: OfferSet, offer: RestructuringOffer, form: CodeForm, changes: list[str], today: date
) -> dict[str, Any]:
    """Return what the sheet of a way shows, however its borrower came to it."""
    code = latest_offer_code(offer, now=lender_now())
    limits = policy.relief_limits(today)
    return {
        "offered": offered,
        "offer": offer,
        "loan": offer.loan,
        "way": way_shown(offer, offer.loan, today=today),
        "joined": joined_shown(offer.figures),
        "rows": [(row[0], date.fromisoformat(row[1]), row[2], row[3], row[4], sum(row[2:])) for row in offer.rows],
        "has_fees": any(row[4] for row in offer.rows),
        "changes": changes,
        "withdraw_days": limits.cooling_off_days,
        "withdraw_until": today + timedelta(days=limits.cooling_off_days),
        "kept_years": policy.adverse_record(today).kept_years,
        "form": form,
        "code": code,
        "seconds_left": 0 if code else seconds_left(offer, now=lender_now()),
        "shown_code": code.sealed_code if code and shows_secrets() else None,
        "complaints": complaints_shown(),
    }

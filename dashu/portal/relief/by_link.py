"""
The page of a borrower without a login, opened by a link that a partner handed on: nothing personal is shown before a
code has come back that went to the borrower's own phone. The browser keeps a secret of that, for this address and half
an hour only. What is read, accepted and declined here is what the portal shows to those who sign in.
"""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from collections_mgmt.models import RestructuringOffer
from collections_mgmt.relief_words import METHODS
from collections_mgmt.services.relief.accept_offer import accept_offer
from collections_mgmt.services.relief.end_offers import decline_offers
from collections_mgmt.services.relief.offer_codes import ask_offer_code
from collections_mgmt.services.relief.open_link import (
    OpenedOffer,
    ReliefLinkOver,
    ReliefLinkUnknown,
    ask_access_code,
    confirm_borrower,
    latest_access_code,
    open_link,
    refuse_unconfirmed,
)
from collections_mgmt.services.relief.read_sheet import open_sheet
from dashu.finance.relief import ReliefMethod
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.messaging.secret_texts import shows_secrets
from dashu.policy import rules as policy
from dashu.portal.complaining import complaints_shown
from dashu.portal.relief.offers import brought_up
from dashu.portal.relief.showing import open_ways
from dashu.portal.relief.signing import sheet_context
from dashu.portal.signing.confirmed_here import confirmation_of, confirmed_here
from dashu.portal.signing.forms import CodeForm
from dashu.portal.signing.where import where_of
from loans.services.handed_links import CONFIRMED_FOR, way_back
from repayments.papers.serving import file_response, site_of
from repayments.services.documents import hand_out

COOKIE = "relief"
Page = dict[str, Any]
_GONE = (ReliefLinkUnknown, ReliefLinkOver)


@never_cache
@sensitive_post_parameters("code")
@sensitive_variables("token")
@require_http_methods(["GET", "POST"])
def relief_link(request: HttpRequest, token: str) -> HttpResponse:
    """What a borrower does by a link: enter a code, read the ways, accept one with another code, or leave it."""
    try:
        act = _ACTS.get(request.POST.get("act", "")) if request.method == "POST" else None
        answer = act(request, token) if act else _page(request, token)
    except ReliefLinkUnknown as unknown:
        raise Http404 from unknown
    except ReliefLinkOver as over:
        answer = render(request, "portal/relief/link_over.html", {"why": over.user_message}, status=410)
    answer["X-Robots-Tag"] = "noindex"
    # The address is a key, which no other site is to learn; with no-referrer a browser's own forms would be refused.
    answer["Referrer-Policy"] = "same-origin"
    return answer


@never_cache
@sensitive_variables("token")
@require_GET
def amendment(request: HttpRequest, token: str) -> HttpResponse:
    """The paper of what was accepted, for a browser in which the code was entered; any other is asked for it."""
    try:
        opened = _opened(request, token)
    except _GONE as gone:
        raise Http404 from gone
    if opened.plan is None or opened.plan.amendment is None or not opened.is_confirmed:
        return redirect("relief_link", token)
    paper = opened.plan.amendment
    answer = file_response(paper, hand_out(paper, format="pdf", actor=opened.actor))
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _opened(request: HttpRequest, token: str) -> OpenedOffer:
    return open_link(token=token, confirmation=confirmation_of(request, COOKIE), now=lender_now())


def _ask(request: HttpRequest, token: str) -> HttpResponse:
    try:
        ask_access_code(token=token, now=lender_now())
    except _GONE:
        raise
    except DomainError as error:
        return _page(request, token, refusal=error.user_message)
    return redirect("relief_link", token)


def _confirm(request: HttpRequest, token: str) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            secret = confirm_borrower(token=token, typed=form.cleaned_data["code"], now=lender_now())
        except _GONE:
            raise
        except DomainError as error:
            form.add_error("code", error.user_message)
        else:
            here = redirect("relief_link", token)
            return confirmed_here(here, request, cookie=COOKIE, secret=secret, lasts=CONFIRMED_FOR)
    return _page(request, token, form=form)


def _code(request: HttpRequest, token: str) -> HttpResponse:
    opened = _opened(request, token)
    try:
        refuse_unconfirmed(opened)
        if (offer := _way(request, opened)) is not None:
            ask_offer_code(offer_id=offer.pk, now=lender_now(), actor=opened.actor)
    except DomainError as error:
        return _page(request, token, refusal=error.user_message)
    address = reverse("relief_link", args=[token])
    return redirect(f"{address}?way={offer.number}" if offer else address)


def _accept(request: HttpRequest, token: str) -> HttpResponse:
    opened, form = _opened(request, token), CodeForm(request.POST)
    try:
        refuse_unconfirmed(opened)
    except DomainError as error:
        return _page(request, token, refusal=error.user_message)
    offer = _way(request, opened)
    if offer is None or not form.is_valid():
        return _page(request, token, form=form)
    try:
        accept_offer(
            offer_id=offer.pk,
            code=form.cleaned_data["code"],
            language=get_language() or "zh-hans",
            now=lender_now(),
            site=site_of(request),
            where=where_of(request),
            actor=opened.actor,
        )
    except DomainError as error:
        if error.field != "code":
            return _page(request, token, refusal=error.user_message)
        form.add_error("code", error.user_message)
        return _page(request, token, form=form)
    return redirect("relief_link", token)


def _decline(request: HttpRequest, token: str) -> HttpResponse:
    opened = _opened(request, token)
    try:
        refuse_unconfirmed(opened)
        decline_offers(set_id=opened.offered.pk, now=lender_now(), actor=opened.actor)
    except DomainError as error:
        return _page(request, token, refusal=error.user_message)
    return redirect("relief_link", token)


_ACTS: dict[str, Callable[[HttpRequest, str], HttpResponse]] = {
    "ask": _ask,
    "confirm": _confirm,
    "code": _code,
    "accept": _accept,
    "decline": _decline,
}


def _way(request: HttpRequest, opened: OpenedOffer) -> RestructuringOffer | None:
    """Return the way that is looked at; the only one where there is one, None where there is a choice still."""
    ways = opened.offered.offers.filter(status=RestructuringOffer.Status.OFFERED)
    named = request.POST.get("way", request.GET.get("way", ""))
    if named.isascii() and named.isdecimal() and len(named) < 4:
        return ways.select_related("loan__product_terms__product").filter(number=int(named)).first()
    found = list(ways.select_related("loan__product_terms__product")[:2])
    return found[0] if len(found) == 1 else None


def _page(request: HttpRequest, token: str, **said: Any) -> HttpResponse:
    """Show what comes next. :param said: `refusal`, a sentence; `form`, a code as typed."""
    opened = _opened(request, token)
    shown: Page = {
        "token": token,
        "refusal": said.get("refusal", ""),
        "lender": policy.lender_names(lender_today())[get_language() or "zh-hans"],
        "back": _back(opened),
        "complaints": complaints_shown(),
    }
    form = said.get("form") or CodeForm()
    if not opened.is_confirmed:
        code = latest_access_code(opened.link, now=lender_now())
        shown |= {"code": code, "shown_code": code.sealed_code if code and shows_secrets() else None}
        return render(
            request, "portal/relief/by_link_confirm.html", {**shown, "form": form, "phone": opened.link.phone_shown}
        )
    if opened.plan or opened.is_declined:
        name = METHODS[ReliefMethod(opened.plan.method)].name if opened.plan else ""
        return render(request, "portal/relief/by_link_done.html", {**shown, "plan": opened.plan, "name": name})
    return _offered(request, opened, shown, form)


def _offered(request: HttpRequest, opened: OpenedOffer, shown: Page, form: CodeForm) -> HttpResponse:
    """Show the way that is looked at, as it is at this moment, or all of them."""
    offered, today = opened.offered, lender_today()
    changes = brought_up(offered)
    offer = _way(request, opened)
    ways = open_ways(offered, today=today)
    if offer is None:
        context = {
            "offered": offered,
            "ways": ways,
            "loan_count": offered.loans.count(),
            "changes": changes,
            "withdraw_days": policy.relief_limits(today).cooling_off_days,
        }
        return render(request, "portal/relief/by_link_ways.html", {**shown, **context})
    open_sheet(offer_id=offer.pk, now=lender_now(), actor=opened.actor)
    offer.refresh_from_db()
    sheet = sheet_context(offered, offer, form, changes, today)
    return render(request, "portal/relief/by_link_sign.html", {**sheet, **shown, "has_others": len(ways) > 1})


def _back(opened: OpenedOffer) -> Page | None:
    """Return where the partner's pages go on, with how it ended, which is told after the code was entered only."""
    state = "accepted" if opened.plan else "declined" if opened.is_declined else "open"
    told = {"offer": opened.offered.reference, "relief": state} if opened.is_confirmed else {}
    return way_back(opened.link.return_url, told)

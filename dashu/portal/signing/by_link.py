"""
The page of an applicant who was brought by a partner, opened by a link: nobody signs in, and nothing personal is shown
before a code has come back that went to the applicant's own phone. The browser keeps a secret of that, for this address
and half an hour only. What is read and signed here is what the portal shows to those who sign in.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.messaging.secret_texts import shows_secrets
from dashu.policy import rules as policy
from dashu.portal.complaining import complaints_shown
from dashu.portal.signing.confirmed_here import confirmation_of, confirmed_here
from dashu.portal.signing.forms import CodeForm
from dashu.portal.signing.guarantors import GuarantorsShown, guarantors_shown
from dashu.portal.signing.reading import questions_asked, sheet_context
from dashu.portal.signing.signing import account_form
from dashu.portal.signing.where import where_of
from loans.domain.cost_sheet import sheet_of
from loans.domain.understanding import questions_of
from loans.models import Application
from loans.services.disclose_costs import Reading, answer_questions, confirm_sheet, open_sheet
from loans.services.handed_links import CONFIRMED_FOR, way_back
from loans.services.open_signature import (
    Opened,
    SignatureLinkOver,
    SignatureLinkUnknown,
    ask_access_code,
    confirm_signer,
    decline_signature,
    latest_access_code,
    open_signature,
    refuse_unconfirmed,
)
from loans.services.sign_contract import hand_out_contract, sign_contract
from loans.services.signing_codes import ask_signing_code, latest_code, payout_account
from repayments.papers.serving import site_of

COOKIE = "signature"
Page = dict[str, Any]


@never_cache
@sensitive_post_parameters("number", "code")
@sensitive_variables("token")
@require_http_methods(["GET", "POST"])
def signature(request: HttpRequest, token: str) -> HttpResponse:
    """What an applicant does by a link: enter a code, read the costs, answer the questions, sign, or decline."""
    try:
        act = _ACTS.get(request.POST.get("act", "")) if request.method == "POST" else None
        answer = act(request, token) if act else _page(request, token)
    except SignatureLinkUnknown as unknown:
        raise Http404 from unknown
    except SignatureLinkOver as over:
        answer = render(request, "portal/signing/link_over.html", {"why": over.user_message}, status=410)
    answer["X-Robots-Tag"] = "noindex"
    # The address is a key, which no other site is to learn; with no-referrer a browser's own forms would be refused.
    answer["Referrer-Policy"] = "same-origin"
    return answer


@never_cache
@sensitive_variables("token")
@require_GET
def signed_contract(request: HttpRequest, token: str) -> HttpResponse:
    """The contract as it was signed, for a browser in which the code was entered; any other is asked for it."""
    try:
        opened = _opened(request, token)
    except (SignatureLinkUnknown, SignatureLinkOver) as gone:
        raise Http404 from gone
    if opened.contract is None or not opened.is_confirmed:
        return redirect("signature", token)
    return HttpResponse(
        hand_out_contract(opened.contract, actor=opened.actor),
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{opened.contract.number}.pdf"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        },
    )


def _opened(request: HttpRequest, token: str) -> Opened:
    return open_signature(token=token, confirmation=confirmation_of(request, COOKIE), now=lender_now())


def _ask(request: HttpRequest, token: str) -> HttpResponse:
    try:
        ask_access_code(token=token, now=lender_now())
    except (SignatureLinkUnknown, SignatureLinkOver):
        raise
    except DomainError as error:
        return _page(request, token, refusal=error.user_message)
    return redirect("signature", token)


def _confirm(request: HttpRequest, token: str) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            secret = confirm_signer(token=token, typed=form.cleaned_data["code"], now=lender_now())
        except (SignatureLinkUnknown, SignatureLinkOver):
            raise
        except DomainError as error:
            form.add_error("code", error.user_message)
        else:
            here = redirect("signature", token)
            return confirmed_here(here, request, cookie=COOKIE, secret=secret, lasts=CONFIRMED_FOR)
    return _page(request, token, form=form)


def _done(act: Callable[[HttpRequest, Opened], Page | None]) -> Callable[[HttpRequest, str], HttpResponse]:
    """Return the act for one who has shown who they are; what it returns is said on the page, nothing leads on."""

    def acted(request: HttpRequest, token: str) -> HttpResponse:
        opened = _opened(request, token)
        try:
            refuse_unconfirmed(opened)
            said = act(request, opened)
        except (SignatureLinkUnknown, SignatureLinkOver):
            raise
        except DomainError as error:
            return _page(request, token, refusal=error.user_message)
        return redirect("signature", token) if said is None else _page(request, token, **said)

    return acted


def _read(_request: HttpRequest, opened: Opened) -> None:
    confirm_sheet(application_id=opened.application.pk, now=lender_now(), actor=opened.actor)


def _answer(request: HttpRequest, opened: Opened) -> Page | None:
    about = _about(opened)
    asked = questions_of(open_sheet(**about).sheet)
    answers = {each.about.value: request.POST[each.about] for each in asked if each.about in request.POST}
    graded = answer_questions(answers=answers, **about)
    if graded.is_passed:
        return None
    return {"answers": answers, "wrong": {question.about.value for question in graded.wrong}}


def _code(request: HttpRequest, opened: Opened) -> Page | None:
    application = opened.application
    form = account_form(application, None, request.POST)
    if form is not None and not form.is_valid():
        return {"account": form}
    given = form.cleaned_data if form else {"bank": "", "number": ""}
    try:
        account = payout_account(application, bank=given["bank"], number=given["number"])
        ask_signing_code(account=account, **_about(opened))
    except DomainError as error:
        if form is None or error.field not in form.fields:
            raise
        form.add_error(error.field, error.user_message)
        return {"account": form}
    return None


def _sign(request: HttpRequest, opened: Opened) -> Page | None:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return {"form": form}
    try:
        sign_contract(
            code=form.cleaned_data["code"],
            language=get_language() or "zh-hans",
            site=site_of(request),
            where=where_of(request),
            **_about(opened),
        )
    except DomainError as error:
        form.add_error("code" if error.field == "code" else None, error.user_message)
        return {"form": form}
    return None


def _decline(request: HttpRequest, token: str) -> HttpResponse:
    try:
        decline_signature(token=token, confirmation=confirmation_of(request, COOKIE), now=lender_now())
    except (SignatureLinkUnknown, SignatureLinkOver):
        raise
    except DomainError as error:
        return _page(request, token, refusal=error.user_message)
    return redirect("signature", token)


_ACTS: dict[str, Callable[[HttpRequest, str], HttpResponse]] = {
    "ask": _ask,
    "confirm": _confirm,
    "read": _done(_read),
    "answer": _done(_answer),
    "code": _done(_code),
    "sign": _done(_sign),
    "decline": _decline,
}


def _about(opened: Opened) -> dict[str, Any]:
    return {"application_id": opened.application.pk, "now": lender_now(), "actor": opened.actor}


def _page(request: HttpRequest, token: str, **said: Any) -> HttpResponse:
    """
    Show what comes next.

    :param said: `refusal`, a sentence; `form`, a code as typed; `account`; `answers`, and those that are `wrong`.
    """
    opened = _opened(request, token)
    shown: Page = {
        "token": token,
        "refusal": said.get("refusal", ""),
        "lender": policy.lender_names(lender_today())[get_language() or "zh-hans"],
        "partner": opened.application.partner,
        "back": _back(opened),
    }
    if not opened.is_confirmed:
        code = latest_access_code(opened.link, now=lender_now())
        shown |= {"code": code, "shown_code": code.sealed_code if code and shows_secrets() else None}
        shown |= {"form": said.get("form") or CodeForm(), "phone": opened.link.phone_shown}
        return render(request, "portal/signing/by_link_confirm.html", shown)
    shown |= {"application": opened.application, "contract": opened.contract, "complaints": complaints_shown()}
    if opened.contract or opened.is_declined:
        shown["cooling_off_days"] = policy.credit_disclosure(lender_today()).cooling_off_days
        return render(request, "portal/signing/by_link_done.html", shown)
    try:
        reading = open_sheet(**_about(opened))
    except DomainError as error:
        return render(request, "portal/signing/link_over.html", {"why": error.user_message}, status=410)
    shown |= {"reading": reading, **sheet_context(reading.sheet)}
    if not reading.disclosure.passed_at:
        return render(request, "portal/signing/by_link_costs.html", {**shown, **_questions(reading, said)})
    return render(request, "portal/signing/by_link_sign.html", {**shown, **_signing(opened.application, said)})


def _questions(reading: Reading, said: Page) -> Page:
    if not reading.disclosure.confirmed_at:
        return {"questions": []}
    wrong: set[str] = said.get("wrong", set())
    return {"questions": questions_asked(reading, said.get("answers", {}), wrong), "has_wrong": bool(wrong)}


def _signing(application: Application, said: Page) -> Page:
    now = lender_now()
    offer: Any = application.offers.get(chosen_at__isnull=False)
    sheet = sheet_of(offer.sheet)
    code = latest_code(application, now=now)
    return {
        "offer": offer,
        "total": sheet.total,
        "parts": sheet.portions if sheet.drawn else (),
        "guarantors": _guarantors(application),
        "account": said.get("account") or account_form(application, code),
        "form": said.get("form") or CodeForm(),
        "code": code,
        "shown_code": code.sealed_code if code and shows_secrets() else None,
    }


def _guarantors(application: Application) -> GuarantorsShown | None:
    """Return how far the guarantors are, to read only: sending a link again is asked for where one signs in."""
    shown = guarantors_shown(application, now=lender_now())
    return shown and replace(shown, each=[replace(each, may_ask=False, address="") for each in shown.each])


def _back(opened: Opened) -> Page | None:
    """Return where the partner's pages go on, with how it ended, which is told after the code was entered only."""
    state = "signed" if opened.contract else "declined" if opened.is_declined else "open"
    told = {"application": opened.application.reference, "signature": state} if opened.is_confirmed else {}
    return way_back(opened.link.return_url, told)

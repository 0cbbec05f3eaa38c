"""
The page of a guarantor, opened by the link in a text message: nobody signs in, and nothing personal is shown before it
is confirmed who opened it. The browser keeps a secret of that, for this address and half an hour only.
"""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from dashu.consents.selectors import latest_texts
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.messaging.secret_texts import shows_secrets
from dashu.policy import rules as policy
from dashu.portal.signing.confirmed_here import confirmation_of, confirmed_here
from dashu.portal.signing.forms import DIGITS, CodeForm
from dashu.portal.signing.reading import sheet_context
from dashu.portal.signing.where import where_of
from dashu.web.templatetags.dashu import percent
from loans.domain.application_consents import OF_GUARANTORS
from loans.domain.guarantees import burden_of
from loans.services.handed_links import CONFIRMED_FOR
from loans.services.open_guarantee import (
    Asked,
    LinkOver,
    LinkUnknown,
    NotConfirmed,
    confirm_guarantor,
    open_guarantee,
)
from loans.services.sign_guarantee import (
    ask_guarantor_code,
    decline_guarantee,
    latest_guarantor_code,
    sign_guarantee,
)

COOKIE = "guarantor"


class DigitsForm(forms.Form):
    """Who it is, as much of it as the guarantor knows by heart."""

    digits = forms.CharField(
        label=_("Last six characters of your ID number"),
        help_text=_("Digits, the last one may be an X."),
        max_length=20,
        widget=forms.TextInput(attrs={**DIGITS, "inputmode": "text", "autocapitalize": "characters"}),
    )


@never_cache
@sensitive_post_parameters("digits", "code")
@sensitive_variables("token")
@require_http_methods(["GET", "POST"])
def guarantee(request: HttpRequest, token: str) -> HttpResponse:
    """What a guarantor is asked: confirm who one is, read, agree and sign by code, or decline."""
    try:
        answer = _answered(request, token)
    except LinkUnknown as unknown:
        raise Http404 from unknown
    except LinkOver as over:
        answer = render(request, "portal/signing/link_over.html", {"why": over.user_message}, status=410)
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _answered(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "GET":
        return _page(request, token)
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        return redirect("guarantee", token)
    return act(request, token)


def _confirm(request: HttpRequest, token: str) -> HttpResponse:
    form = DigitsForm(request.POST)
    if form.is_valid():
        try:
            secret = confirm_guarantor(token=token, typed=form.cleaned_data["digits"], now=lender_now())
        except (LinkUnknown, LinkOver):
            raise
        except DomainError as error:
            form.add_error("digits", error.user_message)
        else:
            here = redirect("guarantee", token)
            return confirmed_here(here, request, cookie=COOKIE, secret=secret, lasts=CONFIRMED_FOR)
    return _page(request, token, digits=form)


def _send_code(request: HttpRequest, token: str) -> HttpResponse:
    given = request.POST.getlist("texts")
    ticked = [int(each) for each in given if each.isascii() and each.isdecimal() and len(each) < 19]
    try:
        ask_guarantor_code(**_theirs(request, token), text_ids=ticked)
    except (LinkUnknown, LinkOver):
        raise
    except DomainError as error:
        return _page(request, token, refusal=error, ticked=ticked)
    return redirect("guarantee", token)


def _sign(request: HttpRequest, token: str) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            sign_guarantee(**_theirs(request, token), code=form.cleaned_data["code"], where=where_of(request))
        except (LinkUnknown, LinkOver):
            raise
        except NotConfirmed as error:
            return _page(request, token, refusal=error)
        except DomainError as error:
            form.add_error("code", error.user_message)
        else:
            return redirect("guarantee", token)
    return _page(request, token, code_form=form)


def _decline(request: HttpRequest, token: str) -> HttpResponse:
    try:
        decline_guarantee(**_theirs(request, token), where=where_of(request))
    except NotConfirmed as error:
        return _page(request, token, refusal=error)
    return redirect("guarantee", token)


_ACTS = {"confirm": _confirm, "code": _send_code, "sign": _sign, "decline": _decline}


def _theirs(request: HttpRequest, token: str) -> dict[str, Any]:
    return {
        "token": token,
        "confirmation": confirmation_of(request, COOKIE),
        "language": get_language() or "zh-hans",
        "now": lender_now(),
    }


def _page(
    request: HttpRequest,
    token: str,
    *,
    digits: DigitsForm | None = None,
    refusal: DomainError | None = None,
    ticked: list[int] | None = None,
    code_form: CodeForm | None = None,
) -> HttpResponse:
    now = lender_now()
    asked = open_guarantee(token=token, confirmation=confirmation_of(request, COOKIE), now=now)
    shown = {
        "refusal": refusal.user_message if refusal else "",
        "lender": policy.lender_names(lender_today())[get_language() or "zh-hans"],
        "is_declined": asked.is_declined,
    }
    if not asked.is_confirmed:
        return render(request, "portal/signing/guarantee_confirm.html", {**shown, "form": digits or DigitsForm()})
    code = None if asked.is_signed else latest_guarantor_code(asked.link, now=now)
    return render(
        request,
        "portal/signing/guarantee.html",
        {
            **shown,
            **_told(asked),
            **sheet_context(asked.sheet),
            "texts": latest_texts(OF_GUARANTORS),
            "ticked": ticked or [],
            "code": code,
            "shown_code": code.sealed_code if code and shows_secrets() else None,
            "form": code_form or CodeForm(),
        },
    )


def _told(asked: Asked) -> dict[str, Any]:
    """Return what the guarantor has to know of the loan and of the one who borrows."""
    return {
        "guarantor": asked.guarantor,
        "share": percent(Decimal(asked.guarantor.share_bps) / 10_000),
        "offer": asked.offer,
        "burden": burden_of(asked.sheet, asked.guarantor.share_bps),
        "business": asked.application.business,
        "applicant": asked.application.borrower.identity.masked_name,
        "answer": asked.answer,
        "is_signed": asked.is_signed,
    }

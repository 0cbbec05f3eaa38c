"""Signing: where the money goes, a code by text message, and the contract to keep."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.messaging.secret_texts import shows_secrets
from dashu.portal.applying.views import own_application
from dashu.portal.complaining import complaints_shown
from dashu.portal.signing.forms import AccountForm, CodeForm
from dashu.portal.signing.guarantors import guarantors_shown
from dashu.portal.signing.where import where_of
from dashu.users.actors import actor_of
from loans.domain.applications import Status
from loans.domain.cost_sheet import sheet_of
from loans.models import Application, LoanContract, Product, SigningCode
from loans.services.disclose_costs import open_sheet
from loans.services.sign_contract import hand_out_contract, sign_contract
from loans.services.signing_codes import ask_signing_code, latest_code, payout_account
from repayments.papers.serving import site_of


@never_cache
@sensitive_post_parameters("number", "code")
@login_required
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask where the money goes and send the code there is to sign with; then take it."""
    shown = own_application(request, reference)
    if shown.status != Status.ACCEPTED:
        return redirect("portal:application", reference)
    try:
        reading = open_sheet(application_id=shown.pk, now=lender_now(), actor=actor_of(request))
    except DomainError as error:
        messages.error(request, error.user_message)
        return redirect("portal:application", reference)
    if not reading.disclosure.passed_at:
        return redirect("portal:application_costs", reference)
    if request.method == "POST" and "code" in request.POST:
        return _signed(request, shown)
    code = latest_code(shown, now=lender_now())
    account = account_form(shown, code, request.POST if request.method == "POST" else None)
    if request.method == "POST" and (account is None or account.is_valid()):
        if _ask_code(request, shown, account):
            return redirect("portal:application_sign", reference)
        code = latest_code(shown, now=lender_now())
    return _page(request, shown, account, CodeForm(), code)


@login_required
@require_GET
def contract(request: HttpRequest, reference: str) -> HttpResponse:
    """The contract as it was signed, as a download that no cache keeps."""
    shown = own_application(request, reference)
    signed = get_object_or_404(LoanContract.objects.visible_to(request.user), application=shown)
    return HttpResponse(
        hand_out_contract(signed, actor=actor_of(request)),
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{signed.number}.pdf"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def account_form(shown: Application, code: SigningCode | None, data: QueryDict | None = None) -> AccountForm | None:
    """Return the form for the account, filled in with what the latest code is for; None for a card."""
    if getattr(shown, "card", None):
        return None
    initial = {"bank": code.bank, "number": code.account_number} if code else {}
    return AccountForm(
        data,
        initial=initial,
        holder=shown.borrower.identity.name,
        is_business=shown.product.kind == Product.Kind.SME,
    )


def _ask_code(request: HttpRequest, shown: Application, form: AccountForm | None) -> bool:
    """Have a code sent; a refusal goes beside what is to blame."""
    given = form.cleaned_data if form else {"bank": "", "number": ""}
    try:
        account = payout_account(shown, bank=given["bank"], number=given["number"])
        ask_signing_code(application_id=shown.pk, account=account, now=lender_now(), actor=actor_of(request))
    except DomainError as error:
        if form and error.field in form.fields:
            form.add_error(error.field, error.user_message)
        else:
            messages.warning(request, error.user_message)
        return False
    return True


def _signed(request: HttpRequest, shown: Application) -> HttpResponse:
    form = CodeForm(request.POST)
    now = lender_now()
    if form.is_valid():
        try:
            signed = sign_contract(
                application_id=shown.pk,
                code=form.cleaned_data["code"],
                language=get_language() or "zh-hans",
                now=now,
                site=site_of(request),
                where=where_of(request),
                actor=actor_of(request),
            )
        except DomainError as error:
            form.add_error("code" if error.field == "code" else None, error.user_message)
        else:
            messages.success(
                request,
                _("The contract is signed. We pay the first part out now.")
                if signed.tranches.count() > 1
                else _("The contract is signed. We pay the money out now."),
            )
            return redirect("portal:application", shown.reference)
    code = latest_code(shown, now=now)
    return _page(request, shown, account_form(shown, code), form, code)


def _page(
    request: HttpRequest, shown: Application, account: AccountForm | None, form: CodeForm, code: SigningCode | None
) -> HttpResponse:
    offer: Any = shown.offers.get(chosen_at__isnull=False)
    sheet = sheet_of(offer.sheet)
    return render(
        request,
        "portal/signing/sign.html",
        {
            "application": shown,
            "offer": offer,
            "guarantors": guarantors_shown(shown, now=lender_now()),
            "total": sheet.total,
            "parts": sheet.portions if sheet.drawn else (),
            "account": account,
            "form": form,
            "code": code,
            "shown_code": code.sealed_code if code and shows_secrets() else None,
            "complaints": complaints_shown(),
        },
    )

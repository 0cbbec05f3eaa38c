"""Another account for the money of a signed contract, where the first one did not take it."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.portal.applying.views import own_application
from dashu.portal.signing.forms import AccountForm
from dashu.portal.signing.showing import PayoutShown, contract_shown
from dashu.users.actors import actor_of
from dashu.web.forms import add_refusal
from loans.models import Application, Product
from loans.services.signing_codes import payout_account
from repayments.services.request_payout import retry_payout


@never_cache
@sensitive_post_parameters("number")
@login_required
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest, reference: str) -> HttpResponse:
    """
    Another account to pay out to, after the payout to the first one failed.

    The first one was signed for by a code; whoever names another proves again who they are.
    """
    shown = own_application(request, reference)
    contract = contract_shown(shown, today=lender_today())
    payout = contract.failed if contract else None
    if payout is None:
        return redirect("portal:application", reference)
    return _another(request, shown, payout)


@reauthentication_required
def _another(request: HttpRequest, shown: Application, payout: PayoutShown) -> HttpResponse:
    form = AccountForm(
        request.POST if request.method == "POST" else None,
        holder=shown.borrower.identity.name,
        is_business=shown.product.kind == Product.Kind.SME,
    )
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        try:
            chosen = payout_account(shown, bank=given["bank"], number=given["number"])
            retry_payout(loan_id=payout.loan.pk, account=chosen, now=lender_now(), actor=actor_of(request))
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("We pay the money out to this account now."))
            return redirect("portal:application", shown.reference)
    return render(request, "portal/signing/account.html", {"application": shown, "payout": payout, "form": form})

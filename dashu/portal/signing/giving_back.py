"""Giving a loan back: before the payout at once, for some days after it by returning the sum."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.portal.applying.views import own_application
from dashu.portal.paying import bank_transfer_of, once_of, to_provider
from dashu.portal.signing.showing import contract_shown
from dashu.users.actors import actor_of
from repayments.services.gateway import start_checkout
from repayments.services.withdraw_contract import decline_tranche, withdraw_contract


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def give_back(request: HttpRequest, reference: str, part: int | None = None) -> HttpResponse:
    """
    Ask once, without a reason; then say what is to be paid back by when, and take it.

    :param part: of a contract in parts; without it the whole contract is meant, until money of it has come.
    """
    shown = own_application(request, reference)
    contract = contract_shown(shown, today=lender_today())
    payout = contract.part(part or 1) if contract else None
    if contract is None or payout is None:
        raise Http404
    if part is None and contract.has_parts and not contract.may_withdraw:
        return redirect("portal:application", reference)
    is_one = part is not None and contract.has_parts
    loan = payout.loan
    if request.method == "POST":
        try:
            if "pay" in request.POST and payout.missing:
                checkout = start_checkout(
                    loan_id=loan.pk, amount_minor=payout.missing, today=lender_today(), token=once_of(request)
                )
                return to_provider(request, checkout)
            withdraw = decline_tranche if is_one and payout.may_withdraw else withdraw_contract
            withdrawal = withdraw(loan_id=loan.pk, now=lender_now(), actor=actor_of(request))
        except DomainError as error:
            messages.error(request, error.user_message)
            return redirect("portal:application", reference)
        if withdrawal is None:
            messages.success(request, _ended(is_one))
            return redirect("portal:application", reference)
        return redirect(request.path)
    if not (payout.may_withdraw or payout.give_back_until or payout.is_given_back_now):
        return redirect("portal:application", reference)
    bank = bank_transfer_of(loan, today=lender_today()) if payout.missing else None
    once = uuid.uuid4()
    context = {"application": shown, "payout": payout, "loan": loan, "bank": bank, "is_one": is_one, "once": once}
    return render(request, "portal/signing/give_back.html", context)


def _ended(is_one: bool) -> str:
    if is_one:
        return _("This part is not paid out. It cost nothing, and the rest of the contract goes on.")
    return _("The contract has ended. It cost nothing, and nothing is owed.")

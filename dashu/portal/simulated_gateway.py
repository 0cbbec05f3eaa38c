"""The page of the simulated payment provider, where the payer chooses what happens."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from repayments.gateways.base import EventKind
from repayments.gateways.simulated import SCRIPTS, Deliveries, call_back_later
from repayments.models import Checkout
from repayments.services.gateway import book_callback

LATER_SECONDS = 20


@require_http_methods(["GET", "POST"])
def simulated_gateway(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """
    Show what is to be paid; a choice comes back as the provider's signed callbacks, read like those from outside.

    Whoever holds the token may pay, as at a real provider. Choosing twice pays once.
    """
    if not settings.SIMULATED_GATEWAY:
        raise Http404
    checkout = get_object_or_404(Checkout.objects.select_related("loan", "payment", "payoff__quote"), token=token)
    if request.method == "POST" and checkout.payment is None:
        if "later" in request.POST:
            return _called_back_later(request, checkout)
        script = "pay" if "confirm" in request.POST else request.POST.get("script", "decline")
        if refusal := _play(script if script in SCRIPTS else "decline", checkout):
            messages.error(request, refusal.user_message)
            return redirect("portal:loan", checkout.loan.number)
        checkout.refresh_from_db()
    if checkout.payment is not None:
        if checkout.parts:
            return redirect("portal:checkout", checkout.token)
        return redirect("portal:receipt", checkout.payment.reference)
    if request.method == "POST":
        messages.info(request, _("Nothing was paid. You can try again whenever you like."))
        return redirect(_back(checkout))
    return render(request, "portal/simulated_gateway.html", {"checkout": checkout, "loan": checkout.loan})


def _back(checkout: Checkout) -> str:
    """Return the page from which the payer came."""
    if payoff := getattr(checkout, "payoff", None):
        return reverse("portal:payoff_quote", args=[checkout.loan.number, payoff.quote.token])
    return reverse("portal:pay", args=[checkout.loan.number])


def _play(script: str, checkout: Checkout) -> DomainError | None:
    """Have the provider send the callbacks of a script; return the last refusal, None when all were taken."""
    refusals: list[DomainError] = []

    def send(body: str, headers: dict[str, str]) -> int:
        try:
            book_callback(body=body, headers=headers, today=lender_today(), provider_name="simulated")
        except DomainError as refusal:
            refusals.append(refusal)
            return refusal.http_status
        return 200

    Deliveries(send, tries=1).play(script, checkout, currency=checkout.loan.currency)
    return refusals[-1] if refusals else None


def _called_back_later(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    try:
        call_back_later(checkout.token, EventKind.PAID, seconds=LATER_SECONDS)
    except DomainError as refusal:
        messages.error(request, refusal.user_message)
    return redirect("portal:checkout", checkout.token)

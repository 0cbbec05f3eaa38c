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
from repayments.models import Checkout
from repayments.services.gateway import SimulatedProvider, book_callback


@require_http_methods(["GET", "POST"])
def simulated_gateway(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """
    Show what is to be paid; a choice comes back as the provider's signed callback, read like one from outside.

    Whoever holds the token may pay, as at a real provider. Choosing twice pays once.
    """
    if not settings.SIMULATED_GATEWAY:
        raise Http404
    checkout = get_object_or_404(Checkout.objects.select_related("loan", "payment", "payoff__quote"), token=token)
    if request.method == "POST" and checkout.payment is None:
        outcome = "PAID" if "confirm" in request.POST else "DECLINED"
        body, headers = SimulatedProvider().sign_callback(checkout, outcome)
        try:
            checkout = book_callback(body=body, headers=headers, today=lender_today())
        except DomainError as refusal:
            messages.error(request, refusal.user_message)
            return redirect("portal:loan", checkout.loan.number)
    if checkout.payment is not None:
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

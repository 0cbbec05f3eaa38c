"""Paying a loan off: what it takes today, an offer that holds for some days, and the way to the payment."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.portal.forms import PayoffForm
from dashu.portal.own_loans import loans_for
from dashu.portal.paying import once_of, to_provider
from dashu.users.actors import actor_of
from loans.models import Loan
from repayments.models import LoanEvent, PayoffQuote
from repayments.selectors.standings import standings_of
from repayments.services.payoff_quotes import (
    QuoteAlreadyAccepted,
    accept_payoff_quote,
    longest_quote,
    preview_payoff,
    quote_payoff,
)
from repayments.services.start_settlement import start_settlement


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a payoff, with what it is in a sentence; `minor` is negative where it is taken off."""

    name: Any
    why: Any
    minor: int


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    minor: int


@login_required
@require_http_methods(["GET", "POST"])
def payoff(request: HttpRequest, number: str) -> HttpResponse:
    """Show what ends the loan today; a POST has the amount offered up to the chosen day."""
    loan = _own_loan(request, number)
    today = lender_today()
    try:
        today_only = preview_payoff(loan, valid_to=today, today=today)[0]
    except DomainError:
        return render(request, "portal/no_payoff.html", {"loan": loan})
    last = longest_quote(today)
    form = PayoffForm(request.POST or None, initial={"valid_to": min(today + timedelta(days=7), last)})
    if request.method == "POST" and form.is_valid():
        try:
            quote = quote_payoff(
                loan_id=loan.pk, valid_to=form.cleaned_data["valid_to"], today=today, actor=actor_of(request)
            )
        except DomainError as refusal:
            form.add_error("valid_to" if refusal.field == "valid_to" else None, refusal.user_message)
        else:
            return redirect("portal:payoff_quote", loan.number, quote.token)
    left = standings_of([loan], today=today)[loan.pk].left_to_pay
    accepted = PayoffQuote.objects.filter(loan=loan, status=PayoffQuote.Status.ACCEPTED, valid_to__gte=today).first()
    return render(
        request,
        "portal/payoff.html",
        {
            "loan": loan,
            "total": today_only.total,
            "parts": parts_of(today_only.as_json(), today),
            "saved": left - today_only.total,
            "form": form,
            "today": today,
            "last": last,
            "accepted": accepted,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def payoff_quote(request: HttpRequest, number: str, token: uuid.UUID) -> HttpResponse:
    """Show an offer; a POST accepts it or, once it is accepted, leads to the payment."""
    loan = _own_loan(request, number)
    today = lender_today()
    quote = get_object_or_404(PayoffQuote.objects.visible_to(request.user).filter(loan=loan), token=token)
    if request.method == "POST":
        try:
            if "pay" in request.POST:
                checkout = start_settlement(loan_id=loan.pk, token=token, today=today, once=once_of(request))
                return to_provider(request, checkout)
            accept_payoff_quote(loan_id=loan.pk, token=token, today=today, actor=actor_of(request))
        except QuoteAlreadyAccepted:
            pass  # a second press of the button
        except DomainError as refusal:
            messages.error(request, refusal.user_message)
            return redirect("portal:payoff", loan.number)
        return redirect("portal:payoff_quote", loan.number, token)
    day = quote.day(today)
    holds = quote.is_open and day is not None
    shown = day if day else quote.day(quote.pays_on)
    assert shown is not None
    return render(
        request,
        "portal/payoff_quote.html",
        {
            "loan": loan,
            "quote": quote,
            "holds": holds,
            "is_accepted": holds and quote.status == PayoffQuote.Status.ACCEPTED,
            "total": shown["total"],
            "parts": parts_of(shown, date.fromisoformat(shown["on"])),
            "days": [Day(date.fromisoformat(one["on"]), one["total"]) for one in quote.days],
            "why_not": "" if holds else why_closed(quote),
            "once": uuid.uuid4(),
        },
    )


def parts_of(day: Mapping[str, Any], on: date) -> list[Part]:
    """Return the parts of one day's payoff that are not 0, in the order in which they add up."""
    parts = [
        Part(_("Principal"), _("What is still owed of the amount lent."), day["principal"]),
        Part(
            _("Interest"),
            _("For the days up to that day only. Interest of later days is not charged."),
            day["interest"],
        ),
        Part(_("Penalty interest"), _("For installments that were paid late or are still open."), day["penalty"]),
        Part(_("Fees"), _("Fees of installments that are due, as in the contract."), day["fee"]),
        Part(_("Prepayment fee"), _("Agreed in the contract for paying early."), day["prepayment_fee"]),
        Part(_("Returned fee"), _("The part of an up-front fee that is given back."), -day["rebate"]),
        Part(_("Credit held for you"), _("Money that we hold for you already."), -day["credit"]),
    ]
    return [part for part in parts if part.minor]


def why_closed(quote: PayoffQuote) -> str:
    """Say in a sentence why a quote no longer holds."""
    if quote.status == PayoffQuote.Status.VOID:
        kind = dict(LoanEvent.Kind.choices).get(quote.closed_reason, quote.closed_reason)
        return gettext(
            "After this quote was made, the loan changed: %(what)s. Its amount no longer fits; ask for a new one."
        ) % {"what": kind}
    if quote.status == PayoffQuote.Status.USED:
        return gettext("This quote was paid.")
    if quote.status == PayoffQuote.Status.SUPERSEDED:
        return gettext("A newer quote has taken its place.")
    if quote.status == PayoffQuote.Status.WITHDRAWN:
        return gettext("We took this quote back.")
    return gettext("The last day of this quote has passed. Ask for a new one.")


def _own_loan(request: HttpRequest, number: str) -> Loan:
    found: Loan = get_object_or_404(loans_for(request).select_related("product_terms__product"), number=number)
    return found

"""A borrower's autopay: set up with their consent, its day chosen, paused and ended in one step each."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy.rules import autopay_retry
from dashu.portal.forms import AutopayDayForm, AutopayForm
from dashu.portal.own_loans import loan_and_card
from dashu.portal.presenting import LoanCard
from dashu.step_up import proved
from dashu.users.actors import actor_of
from loans.models import Loan
from repayments.domain.autopay import CONSENT_VERSION, Timing
from repayments.gateways.choosing import provider
from repayments.models import AutopayAttempt, AutopayMandate
from repayments.selectors.autopay import mandate_of, next_collection, upcoming_collection
from repayments.services import mandates

SHOWN_ATTEMPTS = 12


@login_required
@require_http_methods(["GET", "POST"])
def autopay(request: HttpRequest, number: str) -> HttpResponse:
    today = lender_today()
    loan, card = loan_and_card(request, number, today=today)
    mandate = mandate_of(loan)
    if card.standing is None or not (mandate or card.asks_for_money):
        return render(request, "portal/nothing_to_pay.html", {"card": card})
    if mandate is None:
        return _set_up(request, loan, card, today=today)
    if request.method == "POST" and (answer := _change(request, mandate, today=today)):
        return answer
    form = AutopayDayForm(
        request.POST if request.POST.get("action") == "day" else None,
        initial={
            "timing": mandate.timing,
            "days_before": mandate.timing_number if mandate.timing == Timing.DAYS_BEFORE else 3,
            "month_day": mandate.timing_number if mandate.timing == Timing.MONTH_DAY else 1,
        },
    )
    context = {
        "card": card,
        "mandate": mandate,
        "form": form,
        "collection": next_collection(mandate, card.standing, today=today),
        "attempts": AutopayAttempt.objects.filter(loan_id=loan.pk).exclude(status="PLANNED")[:SHOWN_ATTEMPTS],
    }
    return render(request, "portal/autopay.html", context)


def consent_words(loan: Loan, *, today: date) -> list[str]:
    """Return the sentences of the consent, in the reader's language. A change of them is a new `CONSENT_VERSION`."""
    plan = autopay_retry(today)
    return [
        _("Dashu may collect from the account named here what loan %(number)s asks for, and never more.")
        % {"number": loan.number},
        _("It collects on the day chosen here, on or before each due date, and tells you %(days)s days before.")
        % {"days": plan.notice_days},
        _("If there is not enough money in the account, it tries again at most %(tries)s times and tells you before.")
        % {"tries": len(plan.days)},
        _("You can change the day, pause or end this at any time, at once and free of charge."),
    ]


@proved
def _set_up(request: HttpRequest, loan: Loan, card: LoanCard, *, today: date) -> HttpResponse:
    try:
        accounts = provider().accounts()
    except DomainError:
        accounts = ()
    if not accounts or loan.status != Loan.Status.ACTIVE:
        return render(request, "portal/autopay_not_offered.html", {"card": card})
    # A second press of a button of an autopay that has ended meanwhile sets up nothing.
    is_sent = request.method == "POST" and "action" not in request.POST
    form = AutopayForm(request.POST if is_sent else None, accounts=accounts)
    words = consent_words(loan, today=today)
    if is_sent and form.is_valid():
        try:
            mandates.set_up_autopay(
                loan_id=loan.pk,
                account=form.chosen_account,
                timing=form.cleaned_data["timing"],
                timing_number=form.number,
                consent_version=CONSENT_VERSION,
                consent_text="\n".join(words),
                now=lender_now(),
                today=today,
                actor=actor_of(request),
            )
        except DomainError as refusal:
            form.add_error("timing" if refusal.field == "timing" else None, refusal.user_message)
        else:
            messages.success(request, _("Autopay is set up. You need not think of the due date any more."))
            return redirect("portal:autopay", loan.number)
    assert card.standing is not None
    context = {
        "card": card,
        "form": form,
        "words": words,
        "collection": upcoming_collection(card.standing, Timing.DUE_DATE, None, chosen_on=today, today=today),
    }
    return render(request, "portal/autopay_set_up.html", context)


def _change(request: HttpRequest, mandate: AutopayMandate, *, today: date) -> HttpResponse | None:
    """Carry out one button of the page; None when a form is to be shown again."""
    who: dict[str, Any] = {"mandate_id": mandate.pk, "actor": actor_of(request)}
    action = request.POST.get("action")
    try:
        if action == "pause":
            mandates.pause_autopay(**who)
            messages.info(request, _("Autopay is paused. Nothing is collected until you take it up again."))
        elif action == "resume":
            mandates.resume_autopay(today=today, **who)
            messages.success(request, _("Autopay collects again."))
        elif action == "end":
            mandates.cancel_autopay(now=lender_now(), **who)
            messages.info(request, _("Autopay has ended. Please pay by yourself from now on."))
        elif action == "day":
            form = AutopayDayForm(request.POST)
            if not form.is_valid():
                return None
            timing, timing_number = form.cleaned_data["timing"], form.number
            mandates.choose_collection_day(timing=timing, timing_number=timing_number, today=today, **who)
            messages.success(request, _("The day is changed."))
        else:
            return None
    except DomainError as refusal:
        messages.error(request, refusal.user_message)
    return redirect("portal:autopay", mandate.loan.number)

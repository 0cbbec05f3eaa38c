"""The page of a loan that is late: what it costs, what the credit record will say, what we do, and three ways on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from collections_mgmt.domain.credit_outlook import Outlook, outlook_of
from collections_mgmt.models import CreditRecordMonth, Hold, PromiseToPay
from collections_mgmt.services.arrangements import make_arrangement
from collections_mgmt.services.promises import is_past_limit, make_promise
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.answering import AdverseRecord
from dashu.portal.own_loans import loan_and_card
from dashu.portal.presenting import LoanCard
from dashu.portal.relief.entries import offered_now, plan_now
from dashu.portal.teaching import lesson_card
from dashu.portal.trouble.agreeing import monthly, offer_on, plan_form, plan_of
from dashu.portal.trouble.conduct import conduct_of_today
from dashu.portal.trouble.credit_words import month_name
from dashu.portal.trouble.forms import PlanForm, PromiseForm
from dashu.users.actors import actor_of
from dashu.web.forms import add_refusal
from dashu.web.posting import sent_from
from dashu.web.templatetags.dashu import lender_date, money
from loans.models import Loan
from repayments.domain.standing import Standing
from repayments.selectors.late_costs import cost_of_missing_the_next, late_cost

DECIDED_IS_NEWS = 30  # days


@dataclass(frozen=True, slots=True)
class Noted:
    """A month that is noted already, by its name in the reader's language."""

    name: str
    days: int
    code: str


@dataclass(frozen=True, slots=True)
class RecordAhead:
    """
    What the credit record says, and will say as long as nothing is paid.

    :param noted: months since the oldest unpaid due date that are noted already, the oldest first.
    :param tells_from: the day from which on the borrower is told of this month's note before it is made.
    :param late_within_month: the code of a month in which a late payment still arrived.
    """

    ahead: Sequence[Outlook]
    noted: Sequence[Noted]
    rule: AdverseRecord
    tells_from: date
    late_within_month: str


@login_required
@require_http_methods(["GET", "POST"])
def overdue(request: HttpRequest, number: str) -> HttpResponse:
    today = lender_today()
    loan, card = loan_and_card(request, number, today=today)
    standing = card.standing
    if standing is None or not standing.overdue + standing.penalty:
        return render(request, "portal/trouble/not_overdue.html", _if_missed(loan, card, today))
    form = promise_form(request.POST if request.method == "POST" else None, standing, card.currency, today)
    if request.method == "POST" and form.is_valid():
        try:
            promise = make_promise(
                loan_id=loan.pk,
                amount_minor=form.cleaned_data["amount"],
                due_on=form.cleaned_data["due_on"],
                today=today,
                actor=actor_of(request),
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(
                request,
                _("Noted: you pay %(amount)s by %(day)s.")
                % {"amount": money(promise.amount_minor, card.currency), "day": lender_date(promise.due_on)},
            )
            return redirect("portal:overdue", loan.number)
    return _late(request, loan, card, standing, promising=form)


@login_required
@sent_from("portal:overdue", "number", place="#parts")
def make_plan(request: HttpRequest, number: str) -> HttpResponse:
    """Split what is due now into monthly payments."""
    today = lender_today()
    loan, card = loan_and_card(request, number, today=today)
    standing = card.standing
    if standing is None or not standing.due_now:
        return redirect("portal:overdue", loan.number)
    form = plan_form(request.POST, standing, loan.currency, today)
    if form.is_valid():
        first_on, count = form.cleaned_data["first_on"], form.cleaned_data["count"]
        try:
            make_arrangement(
                loan_id=loan.pk,
                parts=monthly(standing.due_now, loan.currency, first_on, count),
                today=today,
                actor=actor_of(request),
                is_own=True,
            )
        except DomainError as refusal:
            # How many there are was chosen, so it is the days.
            form.add_error("first_on" if refusal.field == "parts" else None, refusal.user_message)
        else:
            messages.success(request, _("Agreed. While you keep to the plan we do not remind you of this loan."))
            return redirect("portal:overdue", loan.number)
    return _late(request, loan, card, standing, planning=form)


def _late(
    request: HttpRequest,
    loan: Loan,
    card: LoanCard,
    standing: Standing,
    *,
    promising: PromiseForm | None = None,
    planning: PlanForm | None = None,
) -> HttpResponse:
    """The page of a late loan, with the form that was sent and refused, if one was."""
    today = lender_today()
    form = promising or promise_form(None, standing, card.currency, today)
    return render(
        request,
        "portal/trouble/overdue.html",
        {
            "loan": loan,
            "card": card,
            "cost": late_cost(loan, today=today),
            "record": _record(loan, standing.oldest_due_on or today, today),
            "conduct": conduct_of_today(today),
            "promise": PromiseToPay.objects.filter(loan=loan, status=PromiseToPay.Status.OPEN).first(),
            **_held(loan, today),
            "decided": _decided(loan, today),
            "plan": plan_of(loan, today=today),
            "plan_form": planning or plan_form(None, standing, card.currency, today),
            "offer": offer_on(loan),
            "offered": offered_now(request, today=today, loan=loan),
            "relief_plan": plan_now(request, loan),
            "lesson": lesson_card(request, loan),
            "is_past_limit": is_past_limit(loan, today=today),
            "form": form,
            "is_open": form.is_bound,
        },
    )


def promise_form(data: Any, standing: Standing, currency: str, today: date) -> PromiseForm:
    last = today + timedelta(days=policy.own_promise(today).longest_days)
    return PromiseForm(data, standing=standing, currency=currency, first=today + timedelta(days=1), last=last)


def _held(loan: Loan, today: date) -> dict[str, Any]:
    """Whether the loan is left in peace, and up to which day; None as long as something waits for an answer."""
    running = Hold.objects.filter(loan=loan, ended_on=None, starts_on__lte=today, pauses_count=True)
    last_days = list(running.values_list("ends_on", flat=True))
    known = [day for day in last_days if day]
    return {
        "is_held": bool(last_days),
        "held_until": max(known) if known and len(known) == len(last_days) else None,
    }


def _decided(loan: Loan, today: date) -> PromiseToPay | None:
    """Return the promise that was kept or broken last, as long as it is news."""
    decided = PromiseToPay.objects.filter(loan=loan, decided_on__gt=today - timedelta(days=DECIDED_IS_NEWS))
    return (
        decided.filter(status__in=[PromiseToPay.Status.KEPT, PromiseToPay.Status.BROKEN])
        .order_by("-decided_on", "-pk")
        .first()
    )


def _record(loan: Loan, oldest_due_on: date, today: date) -> RecordAhead:
    codes, rule = policy.credit_codes(today), policy.adverse_record(today)
    ahead = outlook_of(oldest_due_on, today, codes.by_days)
    noted = CreditRecordMonth.objects.filter(
        loan=loan, month__gte=oldest_due_on.replace(day=1), month__lt=ahead[0].month_end.replace(day=1)
    )
    return RecordAhead(
        ahead=ahead,
        noted=[
            Noted(month_name(month.month), month.days_past_due, month.code)
            for month in noted.order_by("month")
            if month.days_past_due
        ],
        rule=rule,
        tells_from=ahead[0].month_end - timedelta(days=rule.notice_days),
        late_within_month=codes.marks["PAID_LATE_WITHIN_MONTH"],
    )


def _if_missed(loan: Loan, card: LoanCard, today: date) -> dict[str, Any]:
    """What would happen if the next installment were not paid; nothing where none is to come."""
    due_on = card.standing.next_due_on if card.standing else None
    if due_on is None:
        return {"card": card}
    codes = policy.credit_codes(today)
    return {
        "card": card,
        "due_on": due_on,
        "late_from": due_on + timedelta(days=1),
        "a_day_minor": cost_of_missing_the_next(loan, today=today),
        "ahead": outlook_of(due_on, due_on, codes.by_days, months=1)[0],
        "rule": policy.adverse_record(today),
        "conduct": conduct_of_today(today),
    }

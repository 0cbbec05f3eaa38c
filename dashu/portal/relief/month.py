"""A borrower states their month in a minute, and has the plans that fit it at once; where none does, a person looks."""

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from collections_mgmt.models import Budget, HardshipRequest
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.relief.cases import known_of_borrower, known_of_budget
from collections_mgmt.services.relief.make_offers import NothingToOffer, decide_offers
from collections_mgmt.services.relief.offer_anew import offer_anew
from collections_mgmt.services.relief.state_budget import state_budget
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.portal.own_borrower import own_borrower
from dashu.portal.relief.entries import offered_now
from dashu.portal.relief.month_form import SPENT, WORD, MonthForm, typed_amount
from dashu.portal.relief.own import loans_to_help, own_budget
from dashu.portal.relief.reasons import reasons_of
from dashu.users.actors import actor_of
from dashu.users.models import Borrower
from loans.models import Loan

DRAFT = "relief_month"
LATER, ASKED = "later_on", "was_asked"


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def month(request: HttpRequest) -> HttpResponse:
    borrower, today = own_borrower(request), lender_today()
    loans = list(loans_to_help(request, borrower))
    if not loans:
        return render(request, "portal/relief/no_loan.html")
    is_sent = request.method == "POST"
    form = MonthForm(
        request.POST if is_sent else None,
        initial=_known(request, borrower, loans),
        loans=loans,
        guidelines=policy.spending_guidelines(today),
        today=today,
    )
    if not is_sent:
        return _page(request, form)
    _keep(request, form)
    if LATER in request.POST:
        return redirect("portal:relief")
    if not form.is_valid() or (form.asked and ASKED not in request.POST):
        return _page(request, form)
    return _answered(request, form, borrower)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, reference: str, number: str) -> HttpResponse:
    """Why no plan can be offered at once for a month that was stated, and the way to a person; a POST asks one."""
    budget, today = own_budget(request, reference), lender_today()
    loan = get_object_or_404(loans_to_help(request, budget.borrower), number=number)
    refused = ""
    if request.method == "POST":
        try:
            asked = ask_for_help(
                borrower_id=budget.borrower_id,
                loan_ids=[loan.pk],
                cause=budget.cause,
                lasts=budget.lasts,
                can_pay_minor=max(0, budget.surplus_minor),
                words=_("I stated my month in budget %(number)s, and no plan could be offered at once.")
                % {"number": budget.reference},
                now=lender_now(),
                actor=actor_of(request),
            )
            return redirect("portal:help_request", asked.reference)
        except DomainError as refusal:
            refused = refusal.user_message
    decided = decide_offers(loan_id=loan.pk, known=known_of_budget(budget), today=today, actor=actor_of(request))
    return render(
        request,
        "portal/relief/answer.html",
        {
            "loan": loan,
            "budget": budget,
            "refused": refused,
            "has_plans": bool(decided.ways),
            "offered": offered_now(request, today=today, loan=loan),
            "fits": decided.options.present.carried.fits,
            "reasons": reasons_of(decided.not_offered, loan.currency),
            "due_on": policy.answer_clock("hardship", today).due_on(today),
        },
    )


def _answered(request: HttpRequest, form: MonthForm, borrower: Borrower) -> HttpResponse:
    now, actor, loan = lender_now(), actor_of(request), form.loan
    try:
        budget = state_budget(borrower_id=borrower.pk, now=now, actor=actor, **form.statement)
    except DomainError as refusal:
        form.blame(refusal)
        return _page(request, form)
    try:
        offered = offer_anew(loan_id=loan.pk, budget_id=budget.pk, now=now, actor=actor)
    except NothingToOffer:
        request.session.pop(DRAFT, None)
        return redirect("portal:relief_answer", budget.reference, loan.number)
    except DomainError as refusal:
        form.add_error(None, refusal.user_message)
        return _page(request, form)
    request.session.pop(DRAFT, None)
    return redirect("portal:relief_offers", offered.reference)


def _page(request: HttpRequest, form: MonthForm) -> HttpResponse:
    return render(
        request, "portal/relief/month.html", {"form": form, "asked_name": ASKED, "later_name": LATER, "back": _back()}
    )


def _back() -> str:
    return reverse("portal:relief")


def _keep(request: HttpRequest, form: MonthForm) -> None:
    """Keep what was typed, as it was typed, in the session: who comes back finds it."""
    request.session[DRAFT] = {name: request.POST.get(name, "")[:600] for name in form.fields}


def _known(request: HttpRequest, borrower: Borrower, loans: list[Loan]) -> dict[str, Any]:
    """Return what is filled in: what was typed before, else what was stated last, else what an application said."""
    numbers = {loan.number for loan in loans}
    asked_about = request.GET.get("loan", "")
    chosen = {"loan": asked_about} if asked_about in numbers else {}
    if draft := request.session.get(DRAFT):
        return {**draft, **chosen}
    currency = loans[0].currency
    budget = Budget.objects.filter(borrower=borrower, currency=currency).order_by("-pk").first()
    if budget is not None:
        return {**_of_budget(budget, lender_today()), **chosen}
    known = known_of_borrower(borrower.pk, on=lender_today())
    if known is None:
        return chosen
    statement = known.statement
    return {
        "income": typed_amount(statement.income.stated, currency),
        "debts": typed_amount(statement.other_debts.stated, currency),
        "household": statement.persons,
        **chosen,
    }


def _of_budget(budget: Budget, today: date) -> dict[str, Any]:
    lies_ahead = budget.income_later_from is not None and budget.income_later_from > today
    return {
        "cause": budget.cause or HardshipRequest.Cause.INCOME,
        "income": typed_amount(sum(budget.income.values()), budget.currency),
        "debts": typed_amount(sum(budget.debts.values()), budget.currency) if budget.debts else "",
        "household": budget.household,
        **{SPENT + code: typed_amount(minor, budget.currency) for code, minor in budget.expenses.items()},
        **{WORD + code: word for code, word in budget.words.items()},
        "later": typed_amount(budget.income_later_minor, budget.currency) if lies_ahead else "",
        "later_from": budget.income_later_from if lies_ahead else None,
        "payday": budget.payday,
        "lump_sum": typed_amount(budget.lump_sum_minor, budget.currency) if budget.lump_sum_minor else "",
    }

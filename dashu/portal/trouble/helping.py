"""Help: the page for everyone, asking for help with a loan, and how a request stands."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from collections_mgmt.models import Complaint, HardshipRequest, Settlement
from collections_mgmt.services.ask_for_help import ask_for_help as ask
from collections_mgmt.services.ask_for_help import withdraw_help
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.portal.complaining import complaints_shown
from dashu.portal.own_borrower import own_borrower
from dashu.portal.own_loans import own_loans
from dashu.portal.relief.entries import offered_now
from dashu.portal.trouble.conduct import conduct_of_today
from dashu.portal.trouble.forms import HelpForm
from dashu.portal.trouble.own import own_asked, running_loans
from dashu.users.actors import actor_of
from dashu.users.models import User
from dashu.web.forms import add_refusal
from dashu.web.posting import sent_from
from repayments.selectors.standings import standings_of

SHOWN = 20


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """What to do when money is short, where to turn, and answers by errand; for everyone."""
    today = lender_today()
    user: Any = request.user
    is_borrower = user.is_authenticated and user.role == User.Role.BORROWER
    return render(
        request,
        "portal/trouble/help.html",
        {
            "is_borrower": is_borrower,
            "words": complaints_shown(),
            "lines": policy.help_lines(today),
            "conduct": conduct_of_today(today),
            "asked": _own(HardshipRequest, user) if is_borrower else [],
            "complaints": _own(Complaint, user) if is_borrower else [],
            "settlements": _settlements(request) if is_borrower else [],
            "answer_days": policy.answer_clock("hardship", today).days,
            "dispute_days": policy.answer_clock("dispute", today).days,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def ask_for_help(request: HttpRequest) -> HttpResponse:
    borrower, today = own_borrower(request), lender_today()
    if running := HardshipRequest.objects.open().filter(borrower=borrower).first():
        return redirect("portal:help_request", running.reference)
    loans = list(running_loans(request, borrower))
    if not loans:
        return render(request, "portal/trouble/no_help_needed.html")
    standings = standings_of(loans, today=today)
    form = HelpForm(request.POST if request.method == "POST" else None, loans=loans, standings=standings)
    if request.method == "POST" and form.is_valid():
        try:
            asked = ask(
                borrower_id=borrower.pk,
                loan_ids=[loan.pk for loan in form.cleaned_data["loans"]],
                cause=form.cleaned_data["cause"],
                lasts=form.cleaned_data["lasts"],
                can_pay_minor=form.cleaned_data["can_pay"],
                words=form.cleaned_data["words"],
                now=lender_now(),
                actor=actor_of(request),
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("portal:help_request", asked.reference)
    due_on = policy.answer_clock("hardship", today).due_on(today)
    return render(request, "portal/trouble/ask.html", {"form": form, "due_on": due_on})


@login_required
@require_GET
def help_request(request: HttpRequest, reference: str) -> HttpResponse:
    asked = own_asked(request, HardshipRequest, reference)
    about = list(asked.loans.select_related("loan__product_terms__product", "hold").order_by("loan_id"))
    return render(
        request,
        "portal/trouble/help_request.html",
        {
            "asked": asked,
            "about": about,
            "offered": offered_now(request, today=lender_today(), asked=asked),
            "quiet_until": max((each.hold.ends_on for each in about if each.hold and each.hold.ends_on), default=None),
            "words": complaints_shown(),
        },
    )


@login_required
@sent_from("portal:help_request", "reference")
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    asked = own_asked(request, HardshipRequest, reference)
    asked = withdraw_help(request_id=asked.pk, now=lender_now(), actor=actor_of(request))
    if asked.outcome == HardshipRequest.Outcome.WITHDRAWN:
        messages.success(request, _("Your request is taken back. The loans go on as before from tomorrow on."))
    else:
        messages.info(request, _("We had answered already, so nothing was taken back. This is our answer."))
    return redirect("portal:help_request", asked.reference)


def _settlements(request: HttpRequest) -> list[Settlement]:
    found = Settlement.objects.visible_to(request.user).filter(loan__in=own_loans(request))
    return list(found.select_related("loan").order_by("-pk")[:SHOWN])


def _own(kind: type[Any], user: User) -> list[Any]:
    return list(kind.objects.visible_to(user).filter(borrower__user=user).order_by("-pk")[:SHOWN])

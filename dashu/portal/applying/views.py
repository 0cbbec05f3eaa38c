"""
Applying for a loan in the browser: one question a page, kept at each step, so that one can stop and come back.

Every page starts from the applications that this person may see and are theirs; another person's is not found.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from dashu.accounts.kept_input import rows_typed
from dashu.consents.models import ConsentEntry
from dashu.consents.selectors import consents_held
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.portal.applying.budgeting import BudgetForm
from dashu.portal.applying.forms import STEP_ROWS
from dashu.portal.applying.own import own_application
from dashu.portal.applying.papers import papers_of, papers_page, take_paper
from dashu.portal.applying.steps import asked_for, next_step, step_before, steps_shown
from dashu.portal.applying.telling import card_comparison_of, decision_of, offers_shown, sections_of, timeline_of
from dashu.portal.complaining import complaints_shown
from dashu.portal.signing.guarantors import guarantors_shown
from dashu.portal.signing.showing import contract_shown
from dashu.users.actors import actor_of
from dashu.web.templatetags.dashu import lender_date
from loans.domain.application_consents import NEEDED
from loans.domain.application_facts import Step, steps_of
from loans.domain.applications import WITHDRAWABLE, Status
from loans.review_words import price_of_review
from loans.services.answer_step import answer_step
from loans.services.ask_for_review import ask_for_review
from loans.services.choose_offer import choose_offer
from loans.services.submit_application import submit_application
from loans.services.withdraw_application import withdraw_application
from loans.services.withdraw_consent import withdraw_consent


@login_required
@require_GET
def application(request: HttpRequest, reference: str) -> HttpResponse:
    """Where the application stands: the one next step, what was decided and why, and what happened so far."""
    shown = own_application(request, reference)
    return render(
        request,
        "portal/applying/application.html",
        {
            "application": shown,
            "next_step": next_step(shown) if shown.status == Status.DRAFT else None,
            "steps": steps_shown(shown),
            "decision": decision_of(shown),
            "contract": contract_shown(shown, today=lender_today()),
            "guarantors": guarantors_shown(shown, now=lender_now()),
            "timeline": timeline_of(shown),
            "papers": papers_of(shown),
            "may_add_papers": shown.status in (Status.SUBMITTED, Status.REFERRED),
            "may_withdraw": shown.status in WITHDRAWABLE,
            "complaints": complaints_shown(),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, reference: str, name: str) -> HttpResponse:
    shown = own_application(request, reference)
    if name not in steps_of(shown.product.kind):
        raise Http404
    if shown.status != Status.DRAFT:
        return redirect("portal:application", reference)
    current = Step(name)
    page = {
        "steps": steps_shown(shown, current),
        "before": step_before(shown, current),
        "place": steps_of(shown.product.kind).index(current) + 1,
    }
    if current is Step.DOCUMENTS:
        form = take_paper(request, shown) if request.method == "POST" else None
        if form or request.method == "GET":
            return papers_page(request, shown, form, **page)
        if "add" in request.POST:
            return redirect("portal:application_step", reference, name)
    asked = asked_for(
        shown,
        current,
        request.POST if request.method == "POST" else None,
        today=lender_today(),
        rows_typed=rows_typed(request, STEP_ROWS[current][0]) if current in STEP_ROWS else 0,
    )
    if request.method == "POST" and "more" not in request.POST and asked.is_valid():
        try:
            done = answer_step(
                application_id=shown.pk, step=name, answer=asked.answer, now=lender_now(), actor=actor_of(request)
            )
        except DomainError as error:
            asked.blame(error)
        else:
            following = next_step(done, after=current)
            return redirect(*page_of(reference, following))
    return render(request, "portal/applying/step.html", {"application": shown, "asked": asked, **page})


@login_required
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything that was answered, to look over and to hand in."""
    shown = own_application(request, reference)
    if request.method == "POST":
        try:
            submit_application(application_id=shown.pk, now=lender_now(), actor=actor_of(request))
            return redirect("portal:application", reference)
        except DomainError as error:
            messages.error(request, error.user_message)
            shown.refresh_from_db()
    if shown.status != Status.DRAFT:
        return redirect("portal:application", reference)
    if following := next_step(shown):
        return redirect(*page_of(reference, following))
    return render(
        request,
        "portal/applying/check.html",
        {"application": shown, "sections": sections_of(shown), "steps": steps_shown(shown)},
    )


@login_required
@require_http_methods(["GET", "POST"])
def offers(request: HttpRequest, reference: str) -> HttpResponse:
    """Up to three offers side by side; choosing one agrees to nothing yet."""
    shown = own_application(request, reference)
    if shown.status not in (Status.OFFERED, Status.ACCEPTED):
        return redirect("portal:application", reference)
    if request.method == "POST":
        position = request.POST.get("offer", "")
        try:
            choose_offer(
                application_id=shown.pk,
                position=int(position) if position.isascii() and position.isdecimal() and len(position) < 5 else 0,
                now=lender_now(),
                actor=actor_of(request),
            )
        except DomainError as error:
            messages.error(request, error.user_message)
            return redirect("portal:application_offers", reference)
        return redirect("portal:application_costs", reference)
    decision = decision_of(shown)
    assert decision is not None, "offers come from a decision"
    shown_offers = offers_shown(shown)
    return render(
        request,
        "portal/applying/offers.html",
        {
            "application": shown,
            "offers": shown_offers,
            "comparison": card_comparison_of(shown, shown_offers[0]),
            "decision": decision,
            "price": price_of_review(decision.review),
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def ask_review(request: HttpRequest, reference: str) -> HttpResponse:
    """Have a person look at a refusal, with or without words of one's own."""
    shown = own_application(request, reference)
    refusal = ""
    if request.method == "POST":
        try:
            asked = ask_for_review(
                application_id=shown.pk,
                words=request.POST.get("words", ""),
                now=lender_now(),
                actor=actor_of(request),
            )
            said = _("A person looks at it, and you hear from us by %(day)s.") % {"day": lender_date(asked.due_on)}
            messages.success(request, said)
            return redirect("portal:application", reference)
        except DomainError as error:
            refusal = error.user_message
    shown.refresh_from_db()
    if shown.status != Status.REFUSED:
        if refusal:
            messages.error(request, refusal)
        return redirect("portal:application", reference)
    context = {"application": shown, "refusal": refusal, "words": request.POST.get("words", "")}
    return render(request, "portal/applying/ask_review.html", context)


@login_required
@require_GET
def budget(request: HttpRequest, reference: str) -> HttpResponse:
    """Where the month goes, by the figures of the decision, and what changes when one of them does."""
    shown = own_application(request, reference)
    review = shown.reviews.first()
    if review is None:
        raise Http404
    form = BudgetForm(request.GET or None, kept=review.answer["budget"], currency=shown.currency)
    return render(
        request,
        "portal/applying/budget.html",
        {"application": shown, "form": form, "month": form.month, "decision": decision_of(shown)},
    )


@login_required
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Asked once, without a reason, free of charge."""
    shown = own_application(request, reference)
    if request.method == "POST":
        try:
            withdraw_application(application_id=shown.pk, now=lender_now(), actor=actor_of(request))
            messages.success(request, _("The application is withdrawn. It cost nothing."))
        except DomainError as error:
            messages.error(request, error.user_message)
        return redirect("portal:application", reference)
    if shown.status not in WITHDRAWABLE:
        return redirect("portal:application", reference)
    return render(request, "portal/applying/withdraw.html", {"application": shown})


@login_required
@require_http_methods(["GET", "POST"])
def consents(request: HttpRequest, reference: str) -> HttpResponse:
    """What was agreed to for this application, when and in which words; and the way to take it back."""
    shown = own_application(request, reference)
    if request.method == "POST":
        try:
            withdraw_consent(
                application_id=shown.pk,
                purpose=request.POST.get("purpose", "")[:24],
                now=lender_now(),
                actor=actor_of(request),
            )
            messages.success(request, _("You have taken this consent back."))
        except DomainError as error:
            messages.error(request, error.user_message)
        return redirect("portal:application_consents", reference)
    lines = ConsentEntry.objects.filter(borrower=shown.borrower_id, about=shown.reference).select_related("text")
    held = consents_held(borrower_id=shown.borrower_id, about=shown.reference)
    return render(
        request,
        "portal/applying/consents.html",
        {
            "application": shown,
            "lines": lines,
            "held": held.values(),
            "needed": NEEDED,
            "may_take_back": shown.status not in (Status.SIGNED, Status.PAID_OUT),
        },
    )


def page_of(reference: str, following: Step | None) -> tuple[str, ...]:
    if following is None:
        return "portal:application_check", reference
    return "portal:application_step", reference, following.value

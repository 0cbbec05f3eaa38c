"""
The offer builder: the engine of the borrower's own page at the desk, for somebody who is on the phone or has asked.

Nothing here signs for anybody. What is sent is an offer; the borrower compares and signs on a page of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from collections_mgmt.domain.relief.budget import Statement, asks
from collections_mgmt.models import Budget, HardshipRequest
from collections_mgmt.offering.forms import AskForm, BudgetForm, ReliefForm, SendForm
from collections_mgmt.offering.links import build_address
from collections_mgmt.offering.pages import budget_table, month_figures, refusals_table, ways_table
from collections_mgmt.offering.words import kept_reason
from collections_mgmt.relief_words import METHODS, reason
from collections_mgmt.selectors.relief_desk import (
    MAKE,
    latest_budget,
    loans_to_offer_on,
    open_offer_on,
    open_request_about,
)
from collections_mgmt.services.relief.cases import Known, month_now
from collections_mgmt.services.relief.make_offers import Decided, OutsideLimits, decide_offers
from collections_mgmt.services.relief.offer_outside import Outside, ask_outside, preview_outside
from collections_mgmt.services.relief.staff_offers import offer_by_staff
from collections_mgmt.services.relief.state_budget import spending_of, state_budget
from dashu.approvals.acts import act_kind
from dashu.approvals.presenting import roles_that_approve
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.money import Money
from dashu.policy import rules as policy
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of, person_of
from dashu.web.forms import add_refusal
from dashu.web.templatetags.dashu import money, percent_shown
from loans.models import Loan


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page of the builder is about."""

    loan: Loan
    today: date
    budget: Budget | None
    request: HardshipRequest | None

    @property
    def address(self) -> str:
        return build_address(self.loan.pk, self.request.pk if self.request else None)

    @property
    def known(self) -> Known | None:
        _budget, known = month_now(self.loan.borrower_id, self.budget.pk if self.budget else None, on=self.today)
        return known


class BuildsOffers(ReadOnlyAdmin):
    """The pages of the builder, at the addresses of the list of offers."""

    def build(self, request: HttpRequest, loan_id: int) -> HttpResponse:
        """Show what fits and one way that is tried out; a post sends an offer, or asks another person for it."""
        desk = self._desk(request, loan_id)
        form = _relief_form(request, desk)
        send = SendForm(request.POST or None) if desk.request else None
        ask = AskForm(request.POST or None, initial={"key": uuid4()})
        again = SendForm(request.POST or None, auto_id="way_%s") if desk.request else None
        context: dict[str, Any] = {"form": form, "send": send, "send_way": again, "ask": ask, "desk": desk}
        if request.method == "POST" and (done := self._sent(request, desk, form, send, ask, context)):
            return done
        context |= _tried(form, desk) if form.is_bound else {}
        if request.headers.get("HX-Request"):
            return render(request, "collections_mgmt/_build_way.html", context)
        title = _("Offer relief on %(loan)s") % {"loan": desk.loan.number}
        return self._page(request, "collections_mgmt/build_offer.html", {**context, "title": title, **_found(desk)})

    def take_up_budget(self, request: HttpRequest, loan_id: int) -> HttpResponse:
        """Write a month down as the borrower tells it. Where an amount is unusual, ask once what it is for."""
        desk = self._desk(request, loan_id)
        guidelines = policy.spending_guidelines(desk.today)
        initial = BudgetForm.of(desk.budget) if desk.budget else {}
        form = BudgetForm(
            request.POST or None, currency=desk.loan.currency, guidelines=guidelines.categories, initial=initial
        )
        asked: list[str] = []
        if request.method == "POST" and form.is_valid():
            stated = form.stated()
            asked = [ask.category for ask in asks(_spending(stated), guidelines)]
            if not asked or request.POST.get("asked"):
                try:
                    state_budget(
                        borrower_id=desk.loan.borrower_id,
                        currency=desk.loan.currency,
                        now=lender_now(),
                        actor=actor_of(request),
                        **stated,
                    )
                except DomainError as refusal:
                    add_refusal(form, refusal)
                else:
                    messages.success(request, _("The budget is kept. Below you see what it can carry."))
                    return redirect(desk.address)
        context = {
            "title": _("A month of %(person)s") % {"person": desk.loan.borrower.number},
            "form": form,
            "asked": form.word_fields(asked),
            "back": desk.address,
        }
        return self._page(request, "collections_mgmt/build_budget.html", context)

    def _sent(
        self,
        request: HttpRequest,
        desk: Desk,
        form: ReliefForm,
        send: SendForm | None,
        ask: AskForm,
        context: dict[str, Any],
    ) -> HttpResponse | None:
        """Do what was posted; None where it was refused, and the forms say why."""
        step = request.POST.get("step", "")
        is_chosen = step in ("offer", "ask")
        if is_chosen and not form.is_valid():
            return None
        if step != "ask" and send is not None and not send.is_valid():
            return None
        try:
            if step == "ask":
                return self._asked(request, desk, form, ask)
            offered = offer_by_staff(
                loan_id=desk.loan.pk,
                relief=form.relief() if is_chosen else None,
                budget_id=desk.budget.pk if desk.budget else None,
                request_id=desk.request.pk if desk.request else None,
                words=send.cleaned_data["words"] if send else "",
                is_alone=bool(request.POST.get("alone")),
                user=person_of(request),
                now=lender_now(),
            )
        except DomainError as refusal:
            context["refusal"] = refusal.user_message
            return None
        messages.success(request, _("The offer is with the borrower, who decides in peace and signs alone."))
        return redirect("admin:collections_mgmt_offerset_change", offered.pk)

    def _asked(self, request: HttpRequest, desk: Desk, form: ReliefForm, ask: AskForm) -> HttpResponse | None:
        if not ask.is_valid():
            return None
        asked = ask_outside(
            loan_id=desk.loan.pk,
            relief=form.relief(),
            budget_id=desk.budget.pk if desk.budget else None,
            request_id=desk.request.pk if desk.request else None,
            reason=ask.cleaned_data["reason"],
            user=person_of(request),
            today=desk.today,
            idempotency_key=f"relief:{ask.cleaned_data['key']}",
        )
        messages.success(request, _("Asked for. The borrower hears of the offer once it is approved."))
        return redirect("admin:approvals_approvalrequest_change", asked.pk)

    def _desk(self, request: HttpRequest, loan_id: int) -> Desk:
        if not request.user.has_perm(MAKE):
            raise PermissionDenied
        found = loans_to_offer_on(person_of(request)).select_related("borrower", "product_terms__product")
        loan = found.filter(pk=loan_id).first()
        if loan is None:
            raise Http404
        about = request.GET.get("request", "")
        asked = open_request_about(loan, int(about) if about.isascii() and about.isdigit() else None)
        return Desk(loan, lender_today(), latest_budget(loan), asked)

    def _page(self, request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})


def _relief_form(request: HttpRequest, desk: Desk) -> ReliefForm:
    given = request.POST if request.method == "POST" else request.GET
    return ReliefForm(given if "method" in given else None, currency=desk.loan.currency)


def _spending(stated: Mapping[str, Any]) -> Statement:
    return spending_of(household=stated["household"], expenses=stated["expenses"], words=stated["words"])


def _found(desk: Desk) -> dict[str, Any]:
    """Return what the engine says of the loan, or why it says nothing."""
    loan, known, currency = desk.loan, desk.known, desk.loan.currency
    shown: dict[str, Any] = {"open_offer": open_offer_on(loan), "may_propose": False}
    if desk.budget is not None:
        shown["budget"] = budget_table(desk.budget, desk.today)
    if known is None:
        return {**shown, "is_unknown": True}
    try:
        decided: Decided = decide_offers(loan_id=loan.pk, known=known, today=desk.today, actor="preview")
    except DomainError as refusal:
        return {**shown, "refusal": refusal.user_message}
    room = desk.budget.surplus_minor if desk.budget else None
    title = _("the ways side by side")
    note = _("Found by the same rules as on the borrower's own page. The first one is recommended.")
    return {
        **shown,
        "figures": month_figures(room, _days_past_due(loan), currency),
        "proposals": ways_table(decided.ways, currency, title=title, note=note),
        "refusals": refusals_table(decided.not_offered, currency),
        "may_propose": bool(decided.ways) and shown["open_offer"] is None,
    }


def _days_past_due(loan: Loan) -> int:
    status = getattr(loan, "overdue", None)
    return status.days_past_due if status else 0


def _tried(form: ReliefForm, desk: Desk) -> dict[str, Any]:
    """Return what the chosen way would be: within limits, outside them, or nothing that anybody may offer."""
    if not form.is_valid():
        return {}
    currency = desk.loan.currency
    try:
        found = preview_outside(
            loan_id=desk.loan.pk,
            relief=form.relief(),
            budget_id=desk.budget.pk if desk.budget else None,
            today=desk.today,
        )
    except OutsideLimits as refusal:
        return {"verdict": "never", "because": kept_reason(refusal.details, currency)}
    except DomainError as refusal:
        if refusal.field in form.fields:
            add_refusal(form, refusal)
            return {}
        return {"verdict": "never", "because": refusal.user_message}
    about = METHODS[form.chosen].about
    shown = {"tried": ways_table([replace(found.way, is_recommended=False)], currency, title=_("This way"), note=about)}
    if found.refusal is None:
        return {**shown, "verdict": "within"}
    return {**shown, "verdict": "outside", "because": reason(found.refusal, currency), **_deciders(found, desk)}


def _deciders(found: Outside, desk: Desk) -> dict[str, Any]:
    kind, amount = found.kind(desk.today), Money(found.given_up_minor, desk.loan.currency)
    return {
        "kind": act_kind(kind).label,
        "roles": roles_that_approve(kind, amount, today=desk.today),
        "given_up": money(found.given_up_minor, desk.loan.currency),
        "share": percent_shown(found.share),
    }

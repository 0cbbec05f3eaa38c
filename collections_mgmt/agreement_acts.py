"""What staff agree on at a case: take a promise back, a plan, an offer to settle, and that special care is needed."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.forms import CareForm, PlanForm, ReasonForm, SettlementForm
from collections_mgmt.models import Arrangement, CollectionCase, PromiseToPay, Settlement
from collections_mgmt.presenting import reason_words
from collections_mgmt.selectors.agreements import paid_to, parts_shown
from collections_mgmt.services.arrangements import ArrangementRefused, make_arrangement
from collections_mgmt.services.ask_settlement import DEEP, OFFER, ask_settlement, given_up_table, parts_table
from collections_mgmt.services.care import note_care
from collections_mgmt.services.promises import PromiseRefused, cancel_promise
from collections_mgmt.services.relief.propose_settlement import proposed_parts
from collections_mgmt.services.settlements import SettlementTerms, preview_settlement
from dashu.approvals.acts import act_kind
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.presenting import roles_that_approve
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.money import Money
from dashu.policy import rules as policy
from dashu.users.actors import actor_of, person_of
from dashu.web.act_pages import ask_and_do
from dashu.web.forms import add_refusal
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money, percent_shown, typed
from dashu.web.writing import named
from loans.models import Loan
from repayments.selectors.owed import owed_on

ACTS = ["arrange", "settle", "take_back", "care"]
STATE_TONES = {"paid": "", "late": "changed", "next": "", "later": "quiet"}


class AgreementActs:
    """Mixed into the page of a case, which knows its loan (`_loan`)."""

    def has_arrange_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.promise_collectioncase")

    def has_settle_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.offer_settlement")

    def has_take_back_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if not request.user.has_perm("collections_mgmt.promise_collectioncase"):
            return False
        of_case = PromiseToPay.objects.filter(loan__cases=int(object_id or 0), status=PromiseToPay.Status.OPEN)
        return object_id is None or of_case.exists()

    def has_care_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.note_vulnerability")

    @action(description=_("Agree on a plan"), url_path="plan", permissions=["arrange"], icon="event_note")
    def arrange(self, request: HttpRequest, object_id: int) -> HttpResponse:
        page: Any = self
        loan: Loan = page._loan(request, object_id)
        form = PlanForm(request.POST or None, currency=loan.currency, initial={"first_on": lender_today(), "count": 3})
        return ask_and_do(
            page,
            request,
            form,
            lambda given: _at_field(
                lambda: make_arrangement(
                    loan_id=loan.pk,
                    parts=form.parts(),
                    note=given["note"],
                    today=lender_today(),
                    actor=actor_of(request),
                ),
                parts="count",
            ),
            back=_case(object_id),
            title=_("Agree on a plan"),
            text=_(
                "Equal payments, one a month. The contract and its dates stay as they are; while the plan is kept, the"
                " borrower is not reminded of this loan. The close finds out whether it was kept."
            ),
            done=_("The plan is agreed, and the borrower is told."),
        )

    @action(description=_("Offer a settlement"), url_path="settle", permissions=["settle"], icon="handshake")
    def settle(self, request: HttpRequest, object_id: int) -> HttpResponse:
        page: Any = self
        loan: Loan = page._loan(request, object_id)
        today, back = lender_today(), _case(object_id)
        proposed = _proposed(loan) if request.method == "GET" else None
        form = SettlementForm(
            request.POST or None,
            currency=loan.currency,
            initial={
                "first_on": proposed.on if proposed else today,
                "amount": typed(proposed.minor, loan.currency) if proposed else None,
                "count": 1,
                "key": uuid4(),
            },
        )
        shown: dict[str, Any] = {}
        if request.method == "POST" and request.POST.get("step") != "edit" and form.is_valid():
            try:
                terms = preview_settlement(
                    loan_id=loan.pk,
                    parts=form.parts(),
                    today=today,
                    is_asked_for=form.cleaned_data["is_asked_for"],
                    actor=actor_of(request),
                )
                if request.POST.get("step") == "ask" and form.cleaned_data["seen"] == form.fingerprint():
                    asked = _asked(request, loan, form)
                    messages.success(request, _("Asked for. The borrower hears of the offer once it is approved."))
                    return redirect("admin:approvals_approvalrequest_change", asked.pk)
                shown = _preview(loan, form, terms)
            except DomainError as refusal:
                if refusal.field == "parts":
                    refusal.field = "amount"
                add_refusal(form, refusal)
        context = {
            **page.admin_site.each_context(request),
            "title": _("Offer a settlement"),
            "opts": page.opts,
            "loan": loan,
            "form": form,
            "owed": [*owed_figures(loan), *_proposed_figures(proposed, loan)],
            "back": back,
            **shown,
        }
        return render(request, "staff/settlement_offer.html", context)

    @action(description=_("Take the promise back"), url_path="take-back", permissions=["take_back"], icon="undo")
    def take_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        page: Any = self
        loan: Loan = page._loan(request, object_id)
        return ask_and_do(
            page,
            request,
            ReasonForm(request.POST or None),
            lambda given: cancel_promise(
                promise_id=_open_promise(loan).pk,
                reason=given["reason"],
                today=lender_today(),
                actor=actor_of(request),
            ),
            back=_case(object_id),
            title=_("Take the promise back"),
            text=_("It counts neither as kept nor as broken, and reminders of this loan go on."),
            done=_("The promise is taken back."),
        )

    @action(description=_("Note special care"), url_path="care", permissions=["care"], icon="volunteer_activism")
    def care(self, request: HttpRequest, object_id: int) -> HttpResponse:
        page: Any = self
        loan: Loan = page._loan(request, object_id)
        return ask_and_do(
            page,
            request,
            CareForm(request.POST or None, categories=care_categories()),
            lambda given: note_care(
                borrower_id=loan.borrower_id, user=person_of(request), today=lender_today(), **given
            ),
            back=_case(object_id),
            title=_("Note special care"),
            text=_(
                "Only the category is kept, and few may see it; everyone else sees that special care is needed. From"
                " now on no program that talks by itself calls this person, and they have more time for answers."
            ),
            done=_("Noted. Colleagues see that this person needs special care."),
        )


def owed_figures(loan: Loan) -> list[Figure]:
    owed = owed_on(loan, lender_today())
    return [
        Figure(_("owed today"), money(owed.total, loan.currency)),
        Figure(_("principal"), money(owed.principal, loan.currency)),
        Figure(_("interest and fees"), money(owed.interest + owed.fee + owed.prepayment_fee, loan.currency)),
        Figure(_("penalty"), money(owed.penalty, loan.currency)),
    ]


def _proposed(loan: Loan) -> Due | None:
    """Return the payment that the engine finds to be the way out of a loan; None where it is not."""
    try:
        return proposed_parts(loan_id=loan.pk, budget_id=None, today=lender_today())[0]
    except DomainError:
        return None


def _proposed_figures(proposed: Due | None, loan: Loan) -> list[Figure]:
    if proposed is None:
        return []
    note = _("What the borrower could pay at once; no plan fits their month.")
    return [Figure(_("proposed"), money(proposed.minor, loan.currency), note)]


def plan_tables(loan: Loan) -> list[Table]:
    """Return the plans and settlements of a loan, the newest first, each with its payments."""
    today = lender_today()
    latest: list[Any] = [kind.objects.filter(loan=loan).order_by("-pk")[:5] for kind in (Settlement, Arrangement)]
    plans: list[Any] = [plan for plans in latest for plan in plans]
    return [parts_of_plan(plan, loan, today=today) for plan in plans]


def parts_of_plan(plan: Any, loan: Loan, *, today: Any) -> Table:
    parts = parts_shown(plan, today=today)
    is_running = plan.status in plan.RUNNING
    name = plan._meta.verbose_name
    note = reason_words(plan.end_reason) or getattr(plan, "note", "") or getattr(plan, "reason", "")
    return Table(
        title=f"{str(name).capitalize()} {plan.reference} · {plan.get_status_display()}",
        columns=[
            Column(_("due date")),
            Column(_("amount"), is_number=True),
            Column(_("paid"), is_number=True),
            Column(_("missing"), is_number=True),
            Column(_("status")),
        ],
        rows=[
            [
                date_format(part.due_on),
                money(part.amount_minor, loan.currency),
                money(part.paid_minor, loan.currency),
                money(part.missing_minor, loan.currency),
                part.label if is_running or part.state == "paid" else "–",
            ]
            for part in parts
        ],
        tones=[STATE_TONES[part.state] if is_running else "quiet" for part in parts],
        note=note,
        empty="–",
    )


def care_categories() -> dict[str, str]:
    return {code: named(names) for code, names in policy.special_care(lender_today()).categories.items()}


def settlement_summary(settlement: Settlement) -> list[Figure]:
    currency = settlement.loan.currency
    return [
        Figure(_("owed at the offer"), money(settlement.owed_minor, currency)),
        Figure(_("to be paid"), money(settlement.total_minor, currency)),
        Figure(_("paid"), money(sum(minor for _day, minor in paid_to(settlement)), currency)),
        Figure(
            _("waived") if settlement.waived_minor is not None else _("would be waived"),
            money(settlement.given_up_minor if settlement.waived_minor is None else settlement.waived_minor, currency),
        ),
    ]


def _preview(loan: Loan, form: SettlementForm, terms: SettlementTerms) -> dict[str, Any]:
    today = lender_today()
    code = DEEP if terms.is_deep(today) else OFFER
    form.data = {**form.data.dict(), "seen": form.fingerprint()}  # type: ignore[attr-defined]
    return {
        "kind": act_kind(code).label,
        "roles": roles_that_approve(code, Money(terms.given_up_minor, loan.currency), today=today),
        "figures": [
            Figure(_("owed today"), money(terms.owed.total, loan.currency)),
            Figure(_("to be paid"), money(terms.total_minor, loan.currency)),
            Figure(_("would be waived"), money(terms.given_up_minor, loan.currency), percent_shown(terms.share)),
        ],
        "tables": [
            stored_table(parts_table(form.parts(), loan.currency)),
            stored_table(given_up_table(terms, loan.currency)),
        ],
    }


def stored_table(stored: dict[str, Any]) -> Table:
    """Return a table of plain texts, as approvals keep them, for a page."""
    columns = [
        Column(column["title"], is_number=True) if isinstance(column, dict) else Column(column)
        for column in stored["columns"]
    ]
    return Table(title=stored["title"], columns=columns, rows=stored["rows"], note=stored["note"], empty="–")


def _asked(request: HttpRequest, loan: Loan, form: SettlementForm) -> ApprovalRequest:
    return ask_settlement(
        loan_id=loan.pk,
        parts=form.parts(),
        reason=form.cleaned_data["reason"],
        is_asked_for=form.cleaned_data["is_asked_for"],
        user=person_of(request),
        today=lender_today(),
        idempotency_key=f"settlement:{form.cleaned_data['key']}",
    )


def _open_promise(loan: Loan) -> PromiseToPay:
    promise = PromiseToPay.objects.filter(loan=loan, status=PromiseToPay.Status.OPEN).first()
    if promise is None:
        raise PromiseRefused(_("This has ended already."), field="promise")
    return promise


def _at_field(act: Any, **fields: str) -> Any:
    """Let a refusal of a service stand at the field of the form that it is about."""
    try:
        return act()
    except ArrangementRefused as refusal:
        refusal.field = fields.get(refusal.field or "", refusal.field)
        raise


def _case(case_id: int) -> str:
    return reverse(f"admin:{CollectionCase._meta.app_label}_collectioncase_change", args=[case_id])

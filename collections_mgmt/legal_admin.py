"""Claims at court: asking for one with its checklist, every step since, and limitation periods that end soon."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from collections_mgmt.agreement_acts import stored_table
from collections_mgmt.legal_forms import CostForm, FiledForm, JudgmentForm, LegalForm, WordsForm
from collections_mgmt.models import CollectionCase, LegalCase, LegalStep
from collections_mgmt.selectors.legal import checklist_of, nearing_limitation
from collections_mgmt.selectors.limitation import Clock, clock_of
from collections_mgmt.services.legal import (
    FILE,
    ask_legal,
    checklist_table,
    end_legal_case,
    file_claim,
    note_cost,
    note_judgment,
    resume_legal_case,
    stay_legal_case,
)
from dashu.approvals.acts import act_kind
from dashu.approvals.presenting import roles_that_approve
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.money import Money
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of, person_of
from dashu.web.act_pages import ask_and_do
from dashu.web.forms import add_refusal
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money
from dashu.web.writing import named
from loans.admin import FoundByLoan, loan_link
from loans.models import Loan

TONES = {"APPROVED": "warning", "FILED": "info", "JUDGMENT": "success", "RESTS": "warning"}
Status = LegalCase.Status


class LegalActs:
    """Mixed into the page of a collection case, which knows its loan (`_loan`)."""

    def has_legal_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.ask_legalcase")

    @action(description=_("Take to court"), url_path="court", permissions=["legal"], icon="gavel")
    def legal(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show what is met and what is not; ask another person once everything is."""
        page: Any = self
        loan: Loan = page._loan(request, object_id)
        today = lender_today()
        terms = policy.legal_terms(today)
        form = LegalForm(
            request.POST or None,
            confirmed=[(code, named(names)) for code, names in terms.confirmed.items()],
            initial={"key": uuid4()},
        )
        if request.method == "POST" and form.is_valid():
            try:
                asked = ask_legal(
                    loan_id=loan.pk,
                    confirmed=form.cleaned_data["confirmed"],
                    reason=form.cleaned_data["reason"],
                    user=person_of(request),
                    today=today,
                    idempotency_key=f"legal:{form.cleaned_data['key']}",
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Asked for. The borrower hears of it once another person has approved it."))
                return redirect("admin:approvals_approvalrequest_change", asked.pk)
        whole = checklist_of(loan, on=today)
        checklist = replace(whole, items=[item for item in whole.items if not item.by_person])
        context = {
            **page.admin_site.each_context(request),
            "title": _("Take to court"),
            "opts": page.opts,
            "loan": loan,
            "form": form,
            "back": reverse(f"admin:{CollectionCase._meta.app_label}_collectioncase_change", args=[object_id]),
            "is_met": checklist.is_met,
            "kind": act_kind(FILE).label,
            "roles": roles_that_approve(FILE, Money(checklist.claim_minor, loan.currency), today=today),
            "figures": clock_figures(checklist.clock),
            "tables": [stored_table(checklist_table(checklist)), steps_of_clock(checklist.clock)],
        }
        return render(request, "staff/legal.html", context)


def clock_figures(clock: Clock | None) -> list[Figure]:
    if clock is None:
        return []
    today = lender_today()
    left = clock.days_left(today)
    return [
        Figure(
            _("can be enforced up to"),
            date_format(clock.last_day),
            _("%(days)s days left") % {"days": left} if left >= 0 else _("The limitation period is over"),
            "late" if left < 0 else "soon" if left <= policy.limitation(today).warn_days else "good",
        )
    ]


def steps_of_clock(clock: Clock | None) -> Table:
    days: list[tuple[date, Any]] = [(day, step.label) for day, step in clock.steps] if clock else []
    if clock:
        days.append((clock.begins_on, _("The due date from which it runs")))
    rows = [[date_format(day), words] for day, words in sorted(days, key=lambda each: each[0])]
    return Table(
        title=_("limitation period"),
        note=_(
            "Each step after the due date begins it anew from its day, as long as it runs. What came before, or after"
            " it was over, changes nothing."
        ),
        columns=[Column(_("day")), Column(_("what happened"))],
        rows=rows,
        empty=_("Nothing is unpaid."),
    )


@admin.register(LegalCase)
class LegalCaseAdmin(FoundByLoan, ReadOnlyAdmin):
    list_display = ["reference", "state", "loan_number", "borrower", "claim", "court", "filed_on", "limitation"]
    list_filter = ["status"]
    list_select_related = ["loan__borrower"]
    ordering = ["-pk"]
    fields = [
        ("reference", "status"),
        ("loan_number", "borrower"),
        ("claim", "limitation"),
        ("court", "court_number"),
        ("opened_on", "filed_on"),
        ("judged_on", "granted"),
        ("stayed_on", "ended_on"),
    ]
    readonly_fields = [name for line in fields for name in line]
    change_form_outer_before_template = "staff/figures.html"
    change_form_outer_after_template = "staff/tables.html"
    actions_list = ["limits"]
    actions_detail = ["filed", "judgment", "cost", "stay", "resume", "settle", "withdraw"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LegalCase]:
        return LegalCase.objects.visible_to(person_of(request))

    @display(description=_("status"), label=TONES)
    def state(self, case: LegalCase) -> tuple[str, Any]:
        return ("RESTS", _("Rests")) if case.stayed_on else (case.status, case.get_status_display())

    @admin.display(description=_("loan"))
    def loan_number(self, case: LegalCase) -> SafeString:
        return loan_link(case.loan)

    @admin.display(description=_("borrower"))
    def borrower(self, case: LegalCase) -> str:
        return case.loan.borrower.name

    @admin.display(description=_("claim"))
    def claim(self, case: LegalCase) -> str:
        return money(case.claim_minor, case.loan.currency)

    @admin.display(description=_("granted"))
    def granted(self, case: LegalCase) -> str:
        return "–" if case.judged_minor is None else money(case.judged_minor, case.loan.currency)

    @admin.display(description=_("limitation"))
    def limitation(self, case: LegalCase) -> str:
        if case.filed_on:
            return str(_("kept by the filing"))
        return date_format(case.last_day, "SHORT_DATE_FORMAT") if case.last_day else "–"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        case = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if case is not None:
            cost = Figure(
                _("cost so far"),
                money(case.cost_minor, case.loan.currency),
                _("Not added to the debt; the court says who bears it."),
            )
            try:
                clock = clock_of(case.loan_id, on=lender_today())
            except PolicyRuleMissing:
                clock = None
            shown = {
                "figures": [*([] if case.filed_on else clock_figures(clock)), cost],
                "tables": [_steps(case), steps_of_clock(clock)],
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    @action(description=_("Limitation periods"), url_path="limits", permissions=["view"], icon="hourglass_bottom")
    def limits(self, request: HttpRequest) -> HttpResponse:
        today = lender_today()
        try:
            near = nearing_limitation(on=today)
        except PolicyRuleMissing:
            near = []
        loans = {
            loan.pk: loan
            for loan in Loan.objects.visible_to(person_of(request)).filter(pk__in=[n.loan_id for n in near])
        }
        table = Table(
            title=_("limitation periods that end soon"),
            note=_("Claims that a court has are not listed. A period that ends is no reason to press anybody."),
            columns=[
                Column(_("loan")),
                Column(_("overdue"), is_number=True),
                Column(_("last day")),
                Column(_("days left"), is_number=True),
            ],
            rows=[
                [
                    loan_link(loans[each.loan_id]),
                    money(each.owed_minor, each.currency),
                    date_format(each.last_day),
                    (each.last_day - today).days,
                ]
                for each in near
                if each.loan_id in loans
            ],
            empty=_("None ends soon."),
        )
        days = policy.limitation(today).warn_days if near else 0
        figures = [Figure(_("end soon"), len(near), _("within %(days)s days") % {"days": days})] if near else []
        context = {**self.admin_site.each_context(request), "title": _("Limitation periods"), "opts": self.opts}
        return render(request, "staff/report.html", {**context, "figures": figures, "tables": [table]})

    def _may(self, request: HttpRequest, object_id: str | None, *statuses: str, rests: bool | None = False) -> bool:
        if not request.user.has_perm("collections_mgmt.steer_legalcase"):
            return False
        found = LegalCase.objects.filter(status__in=statuses)
        if rests is not None:
            found = found.filter(stayed_on__isnull=not rests)
        return object_id is None or found.filter(pk=object_id).exists()

    def has_filed_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, object_id, Status.APPROVED)

    def has_judgment_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, object_id, Status.FILED)

    def has_cost_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, object_id, *Status.values, rests=None)

    def has_open_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, object_id, *LegalCase.OPEN, rests=None)

    def has_stay_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, object_id, *LegalCase.OPEN)

    def has_resume_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self._may(request, object_id, *LegalCase.OPEN, rests=True)

    @action(description=_("It is filed"), url_path="filed", permissions=["filed"], icon="send")
    def filed(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._do(
            request,
            object_id,
            lambda _case: FiledForm(request.POST or None, initial={"filed_on": lender_today()}),
            file_claim,
            title=_("It is filed"),
            text=_("The checklist is looked at once more for this day. The filing keeps the limitation period."),
        )

    @action(description=_("Judgment"), url_path="judgment", permissions=["judgment"], icon="gavel")
    def judgment(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._do(
            request,
            object_id,
            lambda case: JudgmentForm(request.POST or None, currency=case.loan.currency),
            note_judgment,
            title=_("Judgment"),
            text=_("What the court granted, and what it said of the costs."),
        )

    @action(description=_("Note a cost"), url_path="cost", permissions=["cost"], icon="receipt")
    def cost(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._do(
            request,
            object_id,
            lambda case: CostForm(
                request.POST or None, currency=case.loan.currency, initial={"spent_on": lender_today()}
            ),
            note_cost,
            title=_("Note a cost"),
            text=_("Not added to the debt; the court says who bears it."),
        )

    @action(description=_("Let it rest"), url_path="stay", permissions=["stay"], icon="pause_circle")
    def stay(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._say(request, object_id, stay_legal_case, title=_("Let it rest"), text=_("Until it goes on."))

    @action(description=_("Go on"), url_path="resume", permissions=["resume"], icon="play_circle")
    def resume(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._say(request, object_id, resume_legal_case, title=_("Go on"), text="")

    @action(description=_("Settled"), url_path="settle", permissions=["open"], icon="handshake")
    def settle(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._say(
            request,
            object_id,
            lambda **given: end_legal_case(is_settled=True, **given),
            title=_("Settled"),
            text=_("The borrower paid, or agreed on something with us. The court is told that it is over."),
        )

    @action(description=_("Withdraw it"), url_path="withdraw", permissions=["open"], icon="undo")
    def withdraw(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._say(
            request,
            object_id,
            lambda **given: end_legal_case(is_settled=False, **given),
            title=_("Withdraw it"),
            text=_("The claim stays as it is, and no court decides about it."),
        )

    def _say(self, request: HttpRequest, pk: int, act: Callable[..., Any], *, title: Any, text: Any) -> HttpResponse:
        return self._do(request, pk, lambda _case: WordsForm(request.POST or None), act, title=title, text=text)

    def _do(
        self,
        request: HttpRequest,
        pk: int,
        form_of: Callable[[LegalCase], forms.Form],
        act: Callable[..., Any],
        *,
        title: Any,
        text: Any,
    ) -> HttpResponse:
        case = self.get_object(request, str(pk))
        if case is None:
            raise Http404
        return ask_and_do(
            self,
            request,
            form_of(case),
            lambda given: act(case_id=case.pk, today=lender_today(), actor=actor_of(request), **given),
            back=reverse("admin:collections_mgmt_legalcase_change", args=[pk]),
            title=title,
            text=text,
            done=_("Noted."),
        )


def _steps(case: LegalCase) -> Table:
    steps: list[LegalStep] = list(case.steps.all())
    return Table(
        title=_("what happened"),
        columns=[
            Column(_("day")),
            Column(_("what happened")),
            Column(_("amount"), is_number=True),
            Column(_("words")),
        ],
        rows=[
            [
                date_format(step.on),
                step.get_kind_display(),
                money(step.amount_minor, case.loan.currency) if step.amount_minor else "–",
                step.words,
            ]
            for step in steps
        ],
        empty="–",
    )

"""Settlements and payment plans as staff see them: what is open first, each with its payments and what comes next."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from collections_mgmt.agreement_acts import parts_of_plan, settlement_summary
from collections_mgmt.forms import ReasonForm
from collections_mgmt.models import Arrangement, Settlement
from collections_mgmt.said_reasons import SaysReasons
from collections_mgmt.seen_admin import SeenAdmin
from collections_mgmt.services.arrangements import cancel_arrangement
from collections_mgmt.services.settlements import withdraw_settlement
from dashu.kernel.dates import lender_today
from dashu.users.actors import actor_of
from dashu.web.act_pages import ask_and_do
from dashu.web.templatetags.dashu import money
from loans.admin import FoundByLoan, loan_link

TONES = {
    "OFFERED": "warning",
    "ACCEPTED": "info",
    "ACTIVE": "info",
    "COMPLETED": "success",
    "KEPT": "success",
    "BROKEN": "danger",
}


class PlanAdmin(SaysReasons, FoundByLoan, SeenAdmin):
    """A list and a page that settlements and plans share."""

    list_select_related = ["loan__borrower"]
    list_filter = ["status"]
    ordering = ["-pk"]
    change_form_outer_after_template = "staff/tables.html"

    @admin.display(description=_("loan"))
    def loan_number(self, plan: Any) -> SafeString:
        return loan_link(plan.loan)

    @admin.display(description=_("borrower"))
    def borrower(self, plan: Any) -> str:
        return plan.loan.borrower.name

    @display(description=_("status"), label=TONES)
    def status_shown(self, plan: Any) -> tuple[str, str]:
        return plan.status, plan.get_status_display()

    @admin.display(description=_("to be paid"))
    def total(self, plan: Any) -> str:
        return money(plan.total_minor, plan.loan.currency)

    @admin.display(description=_("paid"))
    def paid(self, plan: Any) -> str:
        return money(plan.paid_minor, plan.loan.currency)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        plan = self.get_object(request, object_id)
        shown = self.shown(plan) if plan else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def shown(self, plan: Any) -> dict[str, Any]:
        return {"tables": [parts_of_plan(plan, plan.loan, today=lender_today())]}

    def _end(self, request: HttpRequest, pk: int, act: Any, **words: Any) -> HttpResponse:
        if self.get_object(request, str(pk)) is None:
            raise Http404
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
        form = ReasonForm(request.POST or None)
        return ask_and_do(self, request, form, lambda given: act(given["reason"]), back=back, **words)


@admin.register(Settlement)
class SettlementAdmin(PlanAdmin):
    list_display = [
        "reference",
        "loan_number",
        "borrower",
        "status_shown",
        "total",
        "given_up",
        "paid",
        "offered_on",
        "accept_by",
    ]
    fields = [
        ("reference", "status"),
        ("loan_number", "borrower"),
        ("offered_on", "accept_by"),
        ("accepted_on", "ended_on"),
        "reason_said",
        "end_reason_said",
    ]
    readonly_fields = [name for line in fields for name in (line if isinstance(line, tuple) else (line,))]
    change_form_outer_before_template = "staff/figures.html"
    actions_detail = ["withdraw"]

    @admin.display(description=_("waived"))
    def given_up(self, settlement: Settlement) -> str:
        waived = settlement.waived_minor
        minor = settlement.given_up_minor if waived is None else waived
        text = money(minor, settlement.loan.currency)
        return text if waived is not None else f"({text})"

    def shown(self, plan: Any) -> dict[str, Any]:
        return {**super().shown(plan), "figures": settlement_summary(plan)}

    def has_withdraw_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if not request.user.has_perm("collections_mgmt.withdraw_settlement"):
            return False
        waits = Settlement.objects.filter(status=Settlement.Status.OFFERED)
        return object_id is None or waits.filter(pk=object_id).exists()

    @action(description=_("Withdraw the offer"), url_path="withdraw", permissions=["withdraw"], icon="undo")
    def withdraw(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._end(
            request,
            object_id,
            lambda reason: withdraw_settlement(
                settlement_id=object_id, reason=reason, today=lender_today(), actor=actor_of(request)
            ),
            title=_("Withdraw the offer"),
            text=_("Only an offer that was not accepted can be withdrawn. The loan goes on as before."),
            done=_("The offer is withdrawn."),
        )


@admin.register(Arrangement)
class ArrangementAdmin(PlanAdmin):
    list_display = ["reference", "loan_number", "borrower", "status_shown", "total", "paid", "made_on", "is_own"]
    fields = [
        ("reference", "status"),
        ("loan_number", "borrower"),
        ("made_on", "decided_on"),
        ("total", "paid"),
        "is_own",
        "note",
        "end_reason_said",
    ]
    readonly_fields = [name for line in fields for name in (line if isinstance(line, tuple) else (line,))]
    actions_detail = ["cancel"]

    def has_cancel_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if not request.user.has_perm("collections_mgmt.promise_collectioncase"):
            return False
        return object_id is None or Arrangement.objects.running().filter(pk=object_id).exists()

    @action(description=_("Take the plan back"), url_path="cancel", permissions=["cancel"], icon="undo")
    def cancel(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._end(
            request,
            object_id,
            lambda reason: cancel_arrangement(
                arrangement_id=object_id, reason=reason, today=lender_today(), actor=actor_of(request)
            ),
            title=_("Take the plan back"),
            text=_("It counts neither as kept nor as broken, and reminders of this loan go on."),
            done=_("The plan is taken back."),
        )

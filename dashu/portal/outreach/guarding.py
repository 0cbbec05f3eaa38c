"""The evidence of the contact guard: its decisions, the calls and visits that followed, and what it would decide."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.messaging.admin import reasons_text
from dashu.messaging.guard import Condition
from dashu.messaging.models import ContactAttempt, GuardDecision
from dashu.portal.outreach.refusals import ReasonFilter
from dashu.portal.outreach.simulating import SimulatorForm, figures_of, reasons_table, simulate
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.web.staff_tables import Figure, Table


@admin.register(GuardDecision)
class GuardDecisionAdmin(ReadOnlyAdmin):
    of_people = "borrower"
    list_display = ["at", "borrower", "channel", "party", "purpose", "verdict", "why", "next_allowed_at", "operator"]
    list_display_links = None
    list_select_related = ["borrower"]
    list_filter = ["verdict", ReasonFilter, "channel", "party", "purpose", "stage"]
    search_fields = ["=borrower__number"]
    search_help_text = _("A borrower's number")
    ordering = ["-pk"]
    actions_list = ["try_out"]

    @admin.display(description=_("reasons and conditions"))
    def why(self, decision: GuardDecision) -> str:
        return reasons_text(decision.reasons) or conditions_text(decision.conditions)

    def has_simulate_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return request.user.has_perm("messaging.simulate_guarddecision")

    @action(description=_("Try what would be decided"), url_path="try", permissions=["simulate"], icon="science")
    def try_out(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:messaging_guarddecision_simulate")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.simulate_view)
        return [path("simulate/", view, name="messaging_guarddecision_simulate"), *super().get_urls()]

    def simulate_view(self, request: HttpRequest) -> HttpResponse:
        """Ask the guard by the address: the page can be kept and shown to others, and nothing is written."""
        if not self.has_simulate_permission(request):
            raise PermissionDenied
        form = SimulatorForm(request.GET if "pack" in request.GET else None, now=lender_now())
        figures: list[Figure] = []
        tables: list[Table] = []
        if form.is_valid():
            asked = form.cleaned_data
            try:
                decision, zone = simulate(asked)
            except DomainError as refusal:
                form.add_error("pack", refusal.user_message)
            else:
                figures = figures_of(decision, zone)
                if not decision.allows:
                    tables = [reasons_table(decision, pack=asked["pack"], on=asked["on"], zone=zone)]
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("What the contact guard would decide"),
            "opts": self.opts,
            "form": form,
            "figures": figures,
            "tables": tables,
        }
        return render(request, "staff/guard_simulator.html", context)


@admin.register(ContactAttempt)
class ContactAttemptAdmin(ReadOnlyAdmin):
    """Calls, visits and letters. Numbers are not here: they are shown to the one who may dial, for minutes."""

    list_display = [
        "started_at",
        "borrower",
        "channel",
        "direction",
        "party",
        "purpose",
        "outcome",
        "lasted",
        "operator",
    ]
    list_display_links = None
    list_select_related = ["borrower"]
    list_filter = ["outcome", "channel", "direction", "party", "purpose"]
    search_fields = ["=borrower__number"]
    search_help_text = _("A borrower's number")
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContactAttempt]:
        return ContactAttempt.objects.visible_to(request.user).defer("note", "number")

    @admin.display(description=_("lasted"))
    def lasted(self, attempt: ContactAttempt) -> str:
        return "–" if attempt.seconds is None else f"{attempt.seconds // 60}:{attempt.seconds % 60:02d}"


def conditions_text(codes: list[str]) -> str:
    labels = dict(Condition.choices)
    return " · ".join(str(labels.get(code, code)) for code in codes)

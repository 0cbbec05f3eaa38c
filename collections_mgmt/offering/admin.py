"""Offers of relief and plans as staff see them: what waits first, each with its next clock; and the offer builder."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from collections_mgmt.forms import ReasonForm
from collections_mgmt.models import OfferSet, RestructuringOffer, RestructuringPlan
from collections_mgmt.offering.builder import BuildsOffers
from collections_mgmt.offering.clocks import TONES, offer_clock, plan_clock, plan_clocks
from collections_mgmt.offering.pages import refusals_table, ways_table
from collections_mgmt.offering.words import method_name
from collections_mgmt.seen_admin import SeenAdmin
from collections_mgmt.services.relief.end_offers import take_offers_back
from collections_mgmt.services.relief.withdraw_plan import withdraw_plan
from dashu.kernel.dates import lender_now, lender_today
from dashu.users.actors import actor_of
from dashu.web.act_pages import ask_and_do
from dashu.web.staff_tables import Column, Table, wrapped
from dashu.web.templatetags.dashu import money
from loans.admin import loan_link
from loans.models import Loan

STATE_TONES = {
    "OPEN": "warning",
    "ACCEPTED": "info",
    "ACTIVE": "success",
    "CURED": "success",
    "COMPLETED": "success",
    "BROKEN": "danger",
    "ENDED": "danger",
}


class StateFilter(admin.SimpleListFilter):
    """What still runs, unless something else is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*model_admin.model.Status.choices, ("all", _("all"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        if self.value():
            return queryset.filter(status=self.value())
        running = getattr(queryset.model, "RUNNING", (OfferSet.Status.OPEN,))
        return queryset.filter(status__in=running)

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("running")}
        yield from others


class _Listed(SeenAdmin):
    list_filter: Any = [StateFilter]
    ordering = ["-pk"]
    sortable_by = ()
    search_help_text = _("Its number, or the borrower's")
    change_form_outer_after_template = "staff/tables.html"

    @display(description=_("status"), label=STATE_TONES)
    def status_shown(self, row: Any) -> tuple[str, str]:
        return row.status, row.get_status_display()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        shown = {"tables": self.tables_of(row)} if row else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def tables_of(self, row: Any) -> list[Table]:
        raise NotImplementedError

    def _ask(
        self, request: HttpRequest, pk: int, form: forms.Form, act: Callable[[dict[str, Any]], Any], **words: Any
    ) -> HttpResponse:
        if self.get_object(request, str(pk)) is None:
            raise Http404
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
        return ask_and_do(self, request, form, act, back=back, **words)


@admin.register(OfferSet)
class OfferSetAdmin(BuildsOffers, _Listed):
    list_display = ["reference", "borrower", "loans_shown", "methods", "status_shown", "clock"]
    list_filter = [StateFilter, "source"]
    list_select_related = ["borrower"]
    search_fields = ["=reference", "=borrower__number"]
    fields = [
        ("reference", "status"),
        ("borrower", "loans_shown"),
        ("source", "cause"),
        ("made_on", "last_day", "ended_on"),
        ("actor", "end_reason"),
    ]
    readonly_fields = [name for line in fields for name in line]
    actions_detail = ["take_back"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("loans__loan", "offers")

    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"collections_mgmt_offerset_{name}")

        return [
            ours("build/<int:loan_id>/", self.build, "build"),
            ours("build/<int:loan_id>/budget/", self.take_up_budget, "budget"),
            *super().get_urls(),
        ]

    @admin.display(description=_("loans"))
    def loans_shown(self, offered: OfferSet) -> SafeString:
        return format_html_join(" · ", "{}", ((loan_link(about.loan),) for about in offered.loans.all()))

    @admin.display(description=_("ways"))
    def methods(self, offered: OfferSet) -> SafeString:
        names = ((method_name(way.method),) for way in offered.offers.all())
        return wrapped(format_html_join("", "<div>{}</div>", names))

    @display(description=_("next clock"), label=TONES)
    def clock(self, offered: OfferSet) -> tuple[str, str]:
        return offer_clock(offered, lender_today())

    def tables_of(self, row: Any) -> list[Table]:
        offered: OfferSet = row
        ways = list(offered.offers.select_related("loan"))
        currency = ways[0].loan.currency
        note = _("As it was on %(day)s.") % {"day": date_format(offered.quoted_on)}
        shown = [ways_table(ways, currency, title=_("the ways side by side"), note=note)]
        shown += [schedule_table(way) for way in ways if way.is_recommended or way.status == "ACCEPTED"][:1]
        return [*shown, refusals_table(offered.not_offered, currency)]

    def has_take_back_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if not request.user.has_perm("collections_mgmt.make_offerset"):
            return False
        return object_id is None or OfferSet.objects.filter(pk=object_id, status="OPEN").exists()

    @action(description=_("Take the offer back"), url_path="take-back", permissions=["take_back"], icon="undo")
    def take_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            ReasonForm(request.POST or None),
            lambda given: take_offers_back(
                set_id=object_id, reason=given["reason"], now=lender_now(), actor=actor_of(request)
            ),
            title=_("Take the offer back"),
            text=_("It can no longer be accepted, and the contract stays as it is. Another one can be made."),
            done=_("The offer is taken back."),
        )


@admin.register(RestructuringPlan)
class RestructuringPlanAdmin(_Listed):
    list_display = ["reference", "loan_shown", "method_shown", "status_shown", "clock", "first_due_on", "accepted_on"]
    list_filter = [StateFilter, "is_observed"]
    list_select_related = ["loan__borrower"]
    search_fields = ["=reference", "=loan__borrower__number"]
    fields = [
        ("reference", "status"),
        ("loan_shown", "borrower_shown", "method_shown"),
        ("accepted_on", "ended_on", "breaks"),
        ("flag", "tier_floor", "stage_floor", "credit_event"),
        "end_reason",
    ]
    readonly_fields = [name for line in fields for name in (line if isinstance(line, tuple) else (line,))]
    actions_detail = ["withdraw"]

    @admin.display(description=_("loan"))
    def loan_shown(self, plan: RestructuringPlan) -> SafeString:
        return loan_link(plan.loan)

    @admin.display(description=_("borrower"))
    def borrower_shown(self, plan: RestructuringPlan) -> str:
        return str(plan.loan.borrower)

    @admin.display(description=_("method"))
    def method_shown(self, plan: RestructuringPlan) -> str:
        return method_name(plan.method)

    @display(description=_("next clock"), label=TONES)
    def clock(self, plan: RestructuringPlan) -> tuple[str, str]:
        return plan_clock(plan, lender_today())

    def tables_of(self, row: Any) -> list[Table]:
        plan: RestructuringPlan = row
        clocks = Table(
            title=_("clocks"),
            columns=[Column(_("what")), Column(_("up to"))],
            rows=plan_clocks(plan),
            empty="–",
        )
        return [clocks, schedule_table(plan.offer)]

    def has_withdraw_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if not request.user.has_perm("collections_mgmt.withdraw_restructuringplan"):
            return False
        running = RestructuringPlan.objects.filter(
            status__in=RestructuringPlan.RUNNING, withdraw_until__gte=lender_today()
        )
        return object_id is None or running.filter(pk=object_id).exists()

    @action(description=_("Take the plan back"), url_path="withdraw", permissions=["withdraw"], icon="undo")
    def withdraw(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            forms.Form(request.POST if request.method == "POST" else None),
            lambda _given: withdraw_plan(plan_id=object_id, now=lender_now(), actor=actor_of(request)),
            title=_("Take the plan back"),
            text=_("Only where the borrower asks for it. The loan is then as if the plan had never been."),
            done=_("The plan is taken back."),
        )


def schedule_table(way: RestructuringOffer) -> Table:
    """Return the schedule that a way leads to, as it is signed."""
    loan: Loan = way.loan
    return Table(
        title=_("schedule: %(method)s") % {"method": method_name(way.method)},
        columns=[
            Column(_("due date")),
            Column(_("principal"), is_number=True),
            Column(_("interest"), is_number=True),
            Column(_("fees"), is_number=True),
            Column(_("together"), is_number=True),
        ],
        rows=[
            [
                date_format(date.fromisoformat(due_on)),
                *(money(part, loan.currency) for part in parts),
                money(sum(parts), loan.currency),
            ]
            for _number, due_on, *parts in way.rows
        ],
        empty="–",
    )

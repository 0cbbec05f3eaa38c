"""Early warnings for staff: the list, one borrower's page with what was noticed, not now, and causes by outcome."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from collections_mgmt.models import STEER_LEADS, BorrowerPlace, WarningLead, WarningTrigger
from collections_mgmt.models.early_warning import WarningQuerySet
from collections_mgmt.offering.links import offer_links
from collections_mgmt.selectors.behavior import score_bands
from collections_mgmt.selectors.causes_report import outcomes_by_cause
from collections_mgmt.selectors.leads import days_of_leads, triggers_of
from collections_mgmt.services.leads import note_lead_cause, put_off_lead
from collections_mgmt.services.observe import note_place
from collections_mgmt.warning.forms import LeadCauseForm, PlaceForm, PutOffForm
from collections_mgmt.warning.pages import (
    STATE_TONES,
    causes_table,
    days_table,
    lead_figures,
    loans_table,
    noticed_list,
    running_loans,
    score_table,
    thresholds_table,
    triggers_table,
)
from collections_mgmt.warning_words import needed_words
from dashu.kernel.dates import add_months, lender_today
from dashu.policy import rules as policy
from dashu.policy.early_warning import Trigger
from dashu.policy.selectors import PolicyRuleMissing
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of, person_of
from dashu.web.act_pages import ask_and_do
from dashu.web.staff_tables import Figure, Table
from loans.models import Loan

DAYS, MONTHS = 14, 12


class StateFilter(admin.SimpleListFilter):
    """What is to be looked at, unless something else is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        others = [(state.value, state.label) for state in WarningLead.State if state != WarningLead.State.OPEN]
        return [*others, ("all", _("all"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() or WarningLead.State.OPEN)

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": WarningLead.State.OPEN.label}
        yield from others


@admin.register(WarningLead)
class WarningLeadAdmin(ReadOnlyAdmin):
    list_display = ["opened_shown", "borrower_shown", "noticed", "cause_shown", "state_shown"]
    list_filter = [StateFilter, "cause"]
    list_select_related = ["borrower"]
    list_per_page = 25
    ordering = ["-opened_on", "-pk"]
    sortable_by = ()
    search_fields = ["borrower__number"]
    search_help_text = _("The borrower's number")
    list_before_template = "collections_mgmt/leads_head.html"
    actions_list = ["causes"]

    def get_queryset(self, request: HttpRequest) -> WarningQuerySet:
        return WarningLead.objects.visible_to(person_of(request))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read what was noticed of all leads of the page at once."""
        changelist = super().get_changelist_instance(request)
        leads = list(changelist.result_list)
        found = triggers_of(leads)
        for lead in leads:
            lead.shown_triggers = found[lead.pk]
        changelist.result_list = leads
        return changelist

    @admin.display(description=_("opened on"))
    def opened_shown(self, lead: WarningLead) -> str:
        return date_format(lead.opened_on, "SHORT_DATE_FORMAT")

    @admin.display(description=_("borrower"))
    def borrower_shown(self, lead: WarningLead) -> str:
        return str(lead.borrower)

    @admin.display(description=_("what was noticed"))
    def noticed(self, lead: Any) -> SafeString | str:
        return noticed_list(lead.shown_triggers)

    @admin.display(description=_("cause"))
    def cause_shown(self, lead: WarningLead) -> str:
        return lead.get_cause_display() or "–"

    @display(description=_("state"), label=STATE_TONES)
    def state_shown(self, lead: WarningLead) -> tuple[str, str]:
        return lead.state, lead.get_ending_display() or lead.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"collections_mgmt_warninglead_{name}")

        return [
            ours("<int:pk>/not-now/", self.not_now, "not_now"),
            ours("<int:pk>/cause/", self.cause, "cause"),
            ours("<int:pk>/place/", self.place, "place"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        today = lender_today()
        seen = self.get_queryset(request)
        days = list(days_of_leads(seen, first=today - timedelta(days=DAYS), last=today))
        more: dict[str, Any] = {"title": gettext("Early warnings"), "days": days_table(days)}
        more["figures"] = [
            Figure(_("to be looked at"), seen.filter(state=WarningLead.State.OPEN).count(), tone="soon"),
            Figure(_("help was offered"), seen.filter(state=WarningLead.State.OFFERED).count(), tone="good"),
            Figure(_("in the comparison group"), seen.filter(state=WarningLead.State.HELD_OUT).count()),
        ]
        try:
            rules = policy.early_warning(today)
            more |= {"thresholds": thresholds_table(rules), "needed": needed_words(rules)}
        except PolicyRuleMissing:
            more["thresholds"] = None
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was noticed, with its numbers and the sentence for the borrower, and what can be done."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        lead = self._found(request, int(object_id) if object_id.isascii() and object_id.isdigit() else 0)
        triggers, loans = triggers_of([lead])[lead.pk], running_loans(lead.borrower_id)
        place = BorrowerPlace.objects.filter(borrower=lead.borrower_id).first()
        may_steer = request.user.has_perm(STEER_LEADS)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Early warning of %(day)s") % {"day": date_format(lead.opened_on)},
            "lead": lead,
            "figures": lead_figures(lead, triggers, place),
            "tables": [triggers_table(triggers), *_score_tables(triggers, loans), loans_table(loans)],
            "may_steer": may_steer,
            "may_put_off": may_steer and lead.state == WarningLead.State.OPEN,
            "following": self._following(request, lead),
            "offer_on": offer_links(person_of(request), lead.borrower_id),
        }
        return render(request, "collections_mgmt/lead.html", context)

    def not_now(self, request: HttpRequest, pk: int) -> HttpResponse:
        days = policy.early_warning(lender_today()).quiet_days
        return self._ask(
            request,
            pk,
            PutOffForm(request.POST or None),
            lambda given: put_off_lead(
                lead_id=pk, reason=given["reason"], today=lender_today(), user=person_of(request)
            ),
            title=gettext("Not now"),
            text=gettext(
                "The borrower is told nothing. The warning is closed and comes back after %(days)s days if it still"
                " holds, and earlier if something strong is new."
            )
            % {"days": days},
            done=gettext("It is closed for now."),
        )

    def cause(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._refuse_others(request)
        lead = self._found(request, pk)
        return self._ask(
            request,
            pk,
            LeadCauseForm(request.POST or None, initial={"cause": lead.cause}),
            lambda given: note_lead_cause(lead_id=pk, cause=given["cause"], user=person_of(request)),
            title=gettext("Note the cause"),
            text=gettext(
                "As the borrower would put it. It is counted against what becomes of it, and never against them."
            ),
            done=gettext("The cause is noted."),
        )

    def place(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._refuse_others(request)
        lead, today = self._found(request, pk), lender_today()
        known = BorrowerPlace.objects.filter(borrower=lead.borrower_id).first()
        initial = {"region": known.region, "sector": known.sector} if known else {}
        return self._ask(
            request,
            pk,
            PlaceForm(request.POST or None, places=policy.early_warning_places(today), initial=initial),
            lambda given: note_place(
                borrower_id=lead.borrower_id,
                region=given["region"],
                sector=given["sector"],
                today=today,
                actor=actor_of(request),
            ),
            title=gettext("Note where they earn their money"),
            text=gettext("A shock or a series of the economy counts for those who earn their money there."),
            done=gettext("The place is noted."),
        )

    @action(description=_("Causes and outcomes"), url_path="causes", permissions=["view"], icon="monitoring")
    def causes(self, request: HttpRequest) -> HttpResponse:
        """Show what difficulties came from in the last twelve months, against what became of them."""
        today = lender_today()
        first: date = add_months(today.replace(day=1), 1 - MONTHS)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Causes and outcomes"),
            "opts": self.opts,
            "figures": [],
            "tables": [causes_table(outcomes_by_cause(first=first, today=today))],
            "report": "overdue-causes",
        }
        return render(request, "staff/report.html", context)

    def _ask(
        self, request: HttpRequest, pk: int, form: forms.Form, act: Callable[[dict[str, Any]], Any], **words: Any
    ) -> HttpResponse:
        self._refuse_others(request)
        lead = self._found(request, pk)
        back = reverse("admin:collections_mgmt_warninglead_change", args=[lead.pk])
        return ask_and_do(self, request, form, act, back=back, **words)

    def _refuse_others(self, request: HttpRequest) -> None:
        if not request.user.has_perm(STEER_LEADS):
            raise PermissionDenied

    def _found(self, request: HttpRequest, pk: int) -> WarningLead:
        found: WarningLead = get_object_or_404(
            self.get_queryset(request).select_related("borrower", "closed_by"), pk=pk
        )
        return found

    def _following(self, request: HttpRequest, lead: WarningLead) -> SafeString | str:
        """Return a link to the next one that waits, the oldest first."""
        waiting = self.get_queryset(request).filter(state=WarningLead.State.OPEN).exclude(pk=lead.pk)
        following = waiting.order_by("opened_on", "pk").first()
        if following is None:
            return ""
        address = reverse("admin:collections_mgmt_warninglead_change", args=[following.pk])
        return format_html(
            '<a class="case-act" data-key="n" accesskey="n" href="{}">{} <kbd>N</kbd></a>', address, gettext("Next one")
        )


def _score_tables(triggers: Sequence[WarningTrigger], loans: Sequence[Loan]) -> list[Table]:
    """Return why the score fell, where its fall was noticed and a loan runs that says so."""
    if not any(each.kind == Trigger.SCORE_DOWN and each.ended_on is None for each in triggers):
        return []
    found = score_bands([loan.pk for loan in loans], lender_today())
    known = [bands for bands in found.values() if bands.points is not None]
    return [score_table(known[0])] if known else []

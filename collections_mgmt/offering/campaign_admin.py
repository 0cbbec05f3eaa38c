"""Campaigns of relief and disaster lists: written, looked at, approved by another person, then run by the program."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from collections_mgmt.agreement_acts import stored_table
from collections_mgmt.campaign_words import campaign_tables, code_words
from collections_mgmt.forms import ReasonForm
from collections_mgmt.models import STEER_CAMPAIGNS, CampaignMember, OfferSet, ReliefCampaign
from collections_mgmt.offering.campaign_forms import CampaignForm, ListForm
from collections_mgmt.offering.forms import OF_ONE_LOAN, AskForm
from collections_mgmt.seen_admin import SeenAdmin
from collections_mgmt.selectors.campaigns import answers_of, members_by_state
from collections_mgmt.services.relief.campaigns import (
    START,
    ask_start,
    pause_campaign,
    resume_campaign,
    stop_campaign,
    write_campaign,
)
from collections_mgmt.services.relief.disaster_lists import DEEP_LIST, IS_DEEP, LIST, ask_list, write_list
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.users.actors import person_of
from dashu.web.act_pages import ask_and_do
from dashu.web.forms import add_refusal
from dashu.web.staff_tables import Column, Figure, Table
from loans.admin import loan_link

SHOWN = 50
TONES = {"RUNNING": "success", "PAUSED": "warning", "DRAFT": "info", "STOPPED": "danger"}
State = CampaignMember.State


@admin.register(ReliefCampaign)
class ReliefCampaignAdmin(SeenAdmin):
    list_display = ["name_shown", "reference", "kind", "status_shown", "first_on", "last_on", "made_by"]
    list_display_links = ["reference"]
    list_filter = ["status", "kind"]
    list_select_related = ["made_by"]
    ordering = ["-pk"]
    sortable_by = ()
    search_fields = ["=reference", "name"]
    list_before_template = "collections_mgmt/campaigns_head.html"

    @admin.display(description=_("name"))
    def name_shown(self, campaign: ReliefCampaign) -> str:
        return campaign.name

    @display(description=_("status"), label=TONES)
    def status_shown(self, campaign: ReliefCampaign) -> tuple[str, str]:
        return campaign.status, campaign.get_status_display()

    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"collections_mgmt_reliefcampaign_{name}")

        return [
            ours("write/", self.write, "write"),
            ours("list/", self.write_list, "write_list"),
            ours("<int:pk>/edit/", self.write, "edit"),
            ours("<int:pk>/ask/", self.ask, "ask"),
            ours("<int:pk>/pause/", self.pause, "pause"),
            ours("<int:pk>/resume/", self.resume, "resume"),
            ours("<int:pk>/stop/", self.stop, "stop"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"title": gettext("Campaigns of relief"), "may_steer": request.user.has_perm(STEER_CAMPAIGNS)}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        campaign = self._found(request, int(object_id) if object_id.isascii() and object_id.isdigit() else 0)
        may_steer = request.user.has_perm(STEER_CAMPAIGNS)
        waiting = _waiting(campaign)
        may_ask = may_steer and campaign.is_draft and waiting is None
        context = {
            "title": campaign.name,
            "campaign": campaign,
            "figures": campaign_figures(campaign),
            "tables": [*map(stored_table, campaign_tables(campaign, now=lender_now())), members_table(campaign)],
            "waiting": waiting,
            "is_looking": campaign.is_draft and campaign.members.filter(state=State.LISTED).exists(),
            "may_ask": may_ask,
            "may_edit": may_ask and not campaign.is_disaster,
            "may_pause": may_steer and campaign.status == ReliefCampaign.Status.RUNNING,
            "may_resume": may_steer and campaign.status == ReliefCampaign.Status.PAUSED,
            "may_stop": may_steer and campaign.status not in ReliefCampaign.ENDED,
        }
        return self._page(request, "collections_mgmt/campaign.html", context)

    def write(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """Write a campaign on early warnings, or change a draft of one."""
        self._refuse_others(request)
        campaign = self._found(request, pk) if pk else None
        today = lender_today()
        bounds = policy.relief_campaigns(today)
        first = {
            "holdout": 10,
            "per_day": min(50, bounds.most_per_day),
            "quiet_days": bounds.least_quiet_days,
            "first_on": today,
        }
        form = CampaignForm(
            request.POST or None,
            places=policy.early_warning_places(today),
            initial=CampaignForm.of(campaign) if campaign else first,
        )
        return self._written(
            request,
            form,
            lambda: write_campaign(
                **form.written(),
                campaign_id=campaign.pk if campaign else None,
                user=person_of(request),
                now=lender_now(),
            ),
            title=gettext("A campaign on early warnings"),
            note=gettext(
                "Each night it takes up whom it reaches, within these bounds. You see how many before it starts."
            ),
        )

    def write_list(self, request: HttpRequest) -> HttpResponse:
        """Write a disaster list down: which loans, and one relief for all."""
        self._refuse_others(request)
        today = lender_today()
        currency = policy.approval_authority(today).currency
        form = ListForm(
            request.POST or None,
            request.FILES or None,
            places=policy.early_warning_places(today),
            currency=currency,
            initial={"method": request.GET.get("method", "payment_holiday")},
        )
        return self._written(
            request,
            form,
            lambda: write_list(
                name=form.cleaned_data["name"],
                relief=form.relief(),
                audience=form.audience(),
                numbers=form.all_numbers(),
                last_on=form.cleaned_data["last_on"],
                user=person_of(request),
                now=lender_now(),
            ),
            title=gettext("A disaster list"),
            note=gettext(
                "Each loan is looked at first. Each borrower gets an offer and decides alone; nothing is decreed."
            ),
            methods=[(code, name, code == form.chosen.value) for code, name in OF_ONE_LOAN],
        )

    def ask(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._refuse_others(request)
        campaign = self._found(request, pk)
        submit = ask_list if campaign.is_disaster else ask_start
        return ask_and_do(
            self,
            request,
            AskForm(request.POST or None, initial={"key": uuid4()}),
            lambda given: submit(
                campaign_id=pk,
                reason=given["reason"],
                user=person_of(request),
                today=lender_today(),
                idempotency_key=f"campaign:{given['key']}",
                preview=campaign_tables(campaign, now=lender_now()),
            ),
            back=_address(pk),
            title=gettext("Ask for approval"),
            text=gettext(
                "Another person looks at it as it is now. If it is changed meanwhile, it has to be asked for again."
            ),
            done=gettext("Asked for. It starts once another person has approved it."),
        )

    def pause(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._steer(
            request,
            pk,
            ReasonForm(request.POST or None),
            lambda given: pause_campaign(campaign_id=pk, reason=given["reason"], user=person_of(request)),
            title=gettext("Pause"),
            text=gettext("Nobody new is taken up. Offers that were made stay as they are."),
            done=gettext("It rests."),
        )

    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._steer(
            request,
            pk,
            forms.Form(request.POST if request.method == "POST" else None),
            lambda _given: resume_campaign(campaign_id=pk, user=person_of(request)),
            title=gettext("Go on"),
            text=gettext("It goes on as it was approved."),
            done=gettext("It runs again."),
        )

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._steer(
            request,
            pk,
            ReasonForm(request.POST or None),
            lambda given: stop_campaign(
                campaign_id=pk, reason=given["reason"], today=lender_today(), user=person_of(request)
            ),
            title=gettext("Stop for good"),
            text=gettext("Nobody new is taken up, and it cannot be started again. Offers that were made stay."),
            done=gettext("It is stopped."),
        )

    def _written(
        self, request: HttpRequest, form: forms.Form, write: Callable[[], ReliefCampaign], **words: Any
    ) -> HttpResponse:
        if request.method == "POST" and form.is_valid():
            try:
                campaign = write()
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, gettext("It is written. Nothing goes out before another person approves it."))
                return redirect(_address(campaign.pk))
        back = reverse("admin:collections_mgmt_reliefcampaign_changelist")
        context = {**words, "form": form, "button": gettext("Write it down"), "back": back}
        return self._page(request, "collections_mgmt/campaign_write.html", context)

    def _steer(
        self, request: HttpRequest, pk: int, form: forms.Form, act: Callable[[dict[str, Any]], Any], **words: Any
    ) -> HttpResponse:
        self._refuse_others(request)
        self._found(request, pk)
        return ask_and_do(self, request, form, act, back=_address(pk), **words)

    def _found(self, request: HttpRequest, pk: int) -> ReliefCampaign:
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _refuse_others(self, request: HttpRequest) -> None:
        if not request.user.has_perm(STEER_CAMPAIGNS):
            raise PermissionDenied

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})


def campaign_figures(campaign: ReliefCampaign) -> list[Figure]:
    counts, answers = members_by_state(campaign), answers_of(campaign)
    accepted = answers.get(OfferSet.Status.ACCEPTED, 0)
    return [
        Figure(_("status"), campaign.get_status_display(), campaign.reason),
        Figure(_("offered"), counts.get(State.OFFERED, 0), tone="good"),
        Figure(_("accepted"), accepted, _("of those offered"), "good" if accepted else "plain"),
        Figure(_("left out to compare"), counts.get(State.HELD_OUT, 0)),
        Figure(_("not offered"), counts.get(State.NOT_OFFERED, 0), _("the reasons stand below")),
    ]


def members_table(campaign: ReliefCampaign) -> Table:
    latest = campaign.members.select_related("borrower", "loan", "offer_set").order_by("-pk")[:SHOWN]
    return Table(
        title=_("the latest people"),
        columns=[Column(_("borrower")), Column(_("loan")), Column(_("state")), Column(_("on")), Column(_("offer"))],
        rows=[
            [
                member.borrower.number,
                loan_link(member.loan) if member.loan else "–",
                _state(member),
                date_format(member.on),
                _offer_link(member),
            ]
            for member in latest
        ],
        note=_("At most %(count)s are shown.") % {"count": SHOWN},
        empty=_("Nobody yet."),
    )


def _state(member: CampaignMember) -> str:
    if not member.code:
        return member.get_state_display()
    words = code_words(member.code)
    return f"{member.get_state_display()} · {words}" if member.code == IS_DEEP else words


def _offer_link(member: CampaignMember) -> Any:
    if member.offer_set is None:
        return "–"
    address = reverse("admin:collections_mgmt_offerset_change", args=[member.offer_set.pk])
    return format_html('<a href="{}">{}</a>', address, member.offer_set.reference)


def _waiting(campaign: ReliefCampaign) -> ApprovalRequest | None:
    asked = ApprovalRequest.objects.filter(
        kind__in=(START, LIST, DEEP_LIST),
        subject_type="relief_campaign",
        subject_id=campaign.reference,
        status="PENDING",
    )
    return asked.order_by("-pk").first()


def _address(pk: int) -> str:
    return reverse("admin:collections_mgmt_reliefcampaign_change", args=[pk])

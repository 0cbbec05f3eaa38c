"""What offers of relief did: everybody who was drawn, made an offer or left alone, and what became of both."""

import tempfile
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from collections_mgmt.domain.relief_evidence import Compared, Measure
from collections_mgmt.evidence.pages import (
    MEASURES,
    by_cause_table,
    campaigns_table,
    evidence_chart,
    evidence_figures,
    evidence_table,
    paid_table,
    people_table,
)
from collections_mgmt.evidence.workbook import write_evidence
from collections_mgmt.models import CampaignMember, ReliefCampaign
from collections_mgmt.selectors.causes_report import outcomes_by_cause
from collections_mgmt.selectors.relief_evidence import Evidence, people_behind, relief_evidence
from collections_mgmt.warning.pages import causes_table
from dashu.audit import services as audit
from dashu.kernel.dates import add_months, lender_today
from dashu.policy import rules as policy
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of, person_of

CAUSE_MONTHS = 12


@admin.register(CampaignMember)
class ReliefEvidenceAdmin(ReadOnlyAdmin):
    """People are shown summed up, and one by one only behind a figure."""

    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"collections_mgmt_campaignmember_{name}")

        return [
            ours("", self.changelist_view, "changelist"),
            ours("rows/", self.rows, "rows"),
            ours("export/", require_POST(self.export), "export"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._refuse_others(request)
        today = lender_today()
        found = _evidence(request, today)
        campaign, compared = _chosen(found, request.GET.get("campaign", ""))
        tables = [evidence_table(compared, campaign), paid_table(compared, _currency(today))]
        if campaign is None:
            first = add_months(today.replace(day=1), 1 - CAUSE_MONTHS)
            tables += [
                campaigns_table(found),
                by_cause_table(found.by_cause),
                causes_table(outcomes_by_cause(first=first, today=today)),
            ]
        context = {
            "title": campaign.name if campaign else gettext("Effect of relief"),
            "campaign": campaign,
            "figures": evidence_figures(compared),
            "chart": evidence_chart(compared),
            "tables": tables,
            "export": reverse("admin:collections_mgmt_campaignmember_export"),
        }
        return self._page(request, "collections_mgmt/evidence.html", context)

    def rows(self, request: HttpRequest) -> HttpResponse:
        """Show the people behind one figure."""
        self._refuse_others(request)
        asked = request.GET
        if asked.get("measure") not in set(Measure) or asked.get("side") not in ("offered", "alone"):
            raise Http404
        measure, is_offered = Measure(asked["measure"]), asked["side"] == "offered"
        people, after = people_behind(
            person_of(request),
            measure,
            is_offered=is_offered,
            campaign_id=_number(asked.get("campaign", "")),
            on=lender_today(),
            after=_number(asked.get("after", "")) or 0,
        )
        more = asked.copy()
        more["after"] = str(after)
        context = {
            "title": gettext("People who were made an offer") if is_offered else gettext("People who were left alone"),
            "about": MEASURES[measure],
            "tables": [people_table(people, measure)],
            "more": f"?{more.urlencode()}" if after else "",
        }
        return self._page(request, "collections_mgmt/evidence_rows.html", context)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Send the comparison as a workbook, and note who took it."""
        self._refuse_others(request)
        today = lender_today()
        found = _evidence(request, today)
        audit.record(
            action="collections.relief_evidence_exported",
            subject_type="relief_evidence",
            subject_id=today,
            actor=actor_of(request),
        )
        file = tempfile.TemporaryFile()  # noqa: SIM115 – the response closes it
        write_evidence(file, found, currency=_currency(today))
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=f"relief-{today}.xlsx")

    def _refuse_others(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})


def _evidence(request: HttpRequest, today: date) -> Evidence:
    return relief_evidence(
        ReliefCampaign.objects.visible_to(person_of(request)),
        on=today,
        currency=_currency(today),
        least=policy.strategy_rules(today).trial.least_people,
    )


def _currency(today: date) -> str:
    return policy.approval_authority(today).currency


def _chosen(found: Evidence, asked: str) -> tuple[ReliefCampaign | None, Compared]:
    """Return one campaign with its comparison; none and that of all where none is asked for."""
    if not asked:
        return None, found.overall
    for campaign, compared in found.campaigns:
        if campaign.pk == _number(asked):
            return campaign, compared
    raise Http404


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

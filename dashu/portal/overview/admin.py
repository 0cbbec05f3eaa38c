"""The pages of the overview: the figures, the rows behind each, and the workbook."""

import tempfile
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext

from collections_mgmt.models import DeskDay
from collections_mgmt.selectors.overview import currencies, latest_closed
from dashu.audit import services as audit
from dashu.kernel.dates import lender_today
from dashu.portal.books.files import MEDIA_TYPES
from dashu.portal.overview.asked import EXPORT, PAGE, Asked, OverviewForm, asked_for
from dashu.portal.overview.economy import economy_of
from dashu.portal.overview.figures import groups_of, read_overview
from dashu.portal.overview.listing import listing_of, needs_of
from dashu.portal.overview.tables import bucket_table, desk_tables, heat_of, trend_chart
from dashu.portal.overview.workbook import write_workbook
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of, person_of
from loans.models import Product


@admin.register(DeskDay)
class OverviewAdmin(ReadOnlyAdmin):
    """There is no list of days: each is shown with its figures."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("collections_mgmt.view_portfolioday"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(self.overview_view), name="collections_mgmt_deskday_changelist"),
            path("rows/", view(self.rows_view), name="collections_mgmt_deskday_rows"),
            path("export/", view(self.export_view), name="collections_mgmt_deskday_export"),
        ]

    def overview_view(self, request: HttpRequest) -> HttpResponse:
        form, asked, _latest = self._asked(request, request.GET)
        overview = read_overview(asked)
        with_desk = _sees_desk(request)
        shown: dict[str, Any] = {"overview": None}
        if overview:
            form.offer_workers(overview.flows.teams, overview.flows.strategies)
            shown = {
                "overview": overview,
                "groups": groups_of(overview, with_desk=with_desk),
                "chart": trend_chart(overview),
                "buckets": bucket_table(overview),
                "heat": heat_of(overview),
                "tables": list(desk_tables(overview)) if with_desk else [],
                "economy": economy_of(person_of(request), on=overview.on),
                "export": overview.asked.address(EXPORT),
            }
        else:
            form.offer_workers([], [])
        context = {**self.admin_site.each_context(request), "title": gettext("Overview"), "opts": self.opts, **shown}
        return render(request, "overview/overview.html", {**context, "form": form, "asked": asked})

    def rows_view(self, request: HttpRequest) -> HttpResponse:
        _form, asked, latest = self._asked(request, request.GET)
        if not request.user.has_perm(needs_of(request.GET.get("of", ""))):
            raise PermissionDenied
        overview_on = latest_closed(asked.on) if latest else None
        if overview_on:
            asked = replace(asked, on=overview_on)
        listing = listing_of(person_of(request), asked, request.GET, is_latest=overview_on == latest)
        if listing is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": listing.table.title,
            "opts": self.opts,
            "listing": listing,
            "back": asked.address(),
        }
        return render(request, "overview/rows.html", context)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Send the overview as a workbook, and note who took it."""
        _form, asked, _latest = self._asked(request, request.GET)
        overview = read_overview(asked)
        if request.method != "POST" or overview is None:
            return redirect(PAGE)
        with_desk = _sees_desk(request)
        audit.record(
            action="collections.overview_exported",
            subject_type="overview",
            subject_id=overview.on,
            actor=actor_of(request),
            data={name: value for name, value in overview.asked.parameters.items() if value},
        )
        file = tempfile.TemporaryFile()  # noqa: SIM115 – the response closes it
        write_workbook(file, overview, groups_of(overview, with_desk=with_desk), with_desk=with_desk)
        file.seek(0)
        name = f"overview-{overview.on}.xlsx"
        return FileResponse(file, as_attachment=True, filename=name, content_type=MEDIA_TYPES["xlsx"])

    def _asked(self, request: HttpRequest, given: Any) -> tuple[OverviewForm, Asked, Any]:
        """Return the form, what it asks for, and the latest closed day."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = lender_today()
        latest = latest_closed(today)
        products = {product.code: product.label for product in Product.objects.all()}
        found = currencies(latest) if latest else []
        return *asked_for(given, today=today, products=products, currencies=found), latest


def _sees_desk(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("collections_mgmt.view_deskfigure"))

"""The pages of reports: the list, one page for each, the loans behind a figure, and files of both."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from dashu.insight.files import FORMATS
from dashu.insight.forms import asked_for
from dashu.insight.handing_out import hand_out, hand_out_loans
from dashu.insight.links import FILE, INDEX, LOANS, LOANS_FILE, PAGE, report_address
from dashu.insight.loans_behind import NEEDS, Asked, all_of, asked_of, page_of
from dashu.insight.models import ReportSchedule
from dashu.insight.reading import kept_months
from dashu.insight.registry import report_for, reports_for
from dashu.insight.report import EXPORT, GROUP_TITLES, VIEW, Group, Report
from dashu.insight.showing import shown
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of, person_of


@admin.register(ReportSchedule)
class ReportScheduleAdmin(ReadOnlyAdmin):
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(VIEW))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("reports/", view(self.index), name="insight_reports"),
            path("reports/loans/", view(self.loans), name="insight_loans"),
            path("reports/loans/file/", view(require_POST(self.loans_file)), name="insight_loans_file"),
            path("reports/<slug:code>/", view(self.report), name="insight_report"),
            path("reports/<slug:code>/file/", view(require_POST(self.file)), name="insight_report_file"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest) -> HttpResponse:
        self._refuse_others(request)
        found = reports_for(person_of(request))
        groups = [
            (GROUP_TITLES[group], [(each, reverse(PAGE, args=[each.code])) for each in found if each.group == group])
            for group in Group
            if any(each.group == group for each in found)
        ]
        return self._render(request, "insight/index.html", {"title": gettext("Reports"), "groups": groups})

    def report(self, request: HttpRequest, code: str) -> HttpResponse:
        report = self._report(request, code)
        form, scope = asked_for(report, request.GET, kept=kept_months(), person=person_of(request))
        tables = [shown(figures) for figures in report.read(scope)] if scope else []
        may_take = scope is not None and request.user.has_perm(EXPORT)
        context = {
            "title": report.title,
            "report": report,
            "form": form,
            "tables": tables,
            "has_charts": any(each.chart for each in tables),
            "index": reverse(INDEX),
            "file": report_address(code, scope, FILE) if scope and may_take else "",
        }
        return self._render(request, "insight/report.html", context)

    def file(self, request: HttpRequest, code: str) -> HttpResponseBase:
        report = self._report(request, code)
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        file_format, _dash, table = request.POST.get("format", "").partition(":")
        _form, scope = asked_for(report, request.GET, kept=kept_months(), person=person_of(request))
        if scope is None or file_format not in FORMATS:
            return redirect(PAGE, code)
        tables = [figures for figures in report.read(scope) if table in ("", figures.code)]
        if not tables:
            raise Http404
        return hand_out(report, scope, tables, file_format, actor=actor_of(request))

    def loans(self, request: HttpRequest) -> HttpResponse:
        asked = self._asked_loans(request)
        figures, keys, following = page_of(asked)
        table = shown(figures).table
        for row, key in zip(table.rows, keys, strict=True):
            address = reverse("admin:loans_loan_change", args=[key])
            row[0] = format_html('<a href="{}">{}</a>', address, row[0])  # type: ignore[index]
        words = request.GET.copy()
        words["next"] = str(following.after) if following else ""
        context = {
            "title": capfirst(str(figures.title)),
            "table": table,
            "index": reverse(INDEX),
            "next_page": f"{reverse(LOANS)}?{words.urlencode()}" if following else "",
            "file": f"{reverse(LOANS_FILE)}?{request.GET.urlencode()}" if request.user.has_perm(EXPORT) else "",
        }
        return self._render(request, "insight/loans.html", context)

    def loans_file(self, request: HttpRequest) -> HttpResponseBase:
        asked = self._asked_loans(request)
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        file_format = request.POST.get("format", "")
        if file_format not in FORMATS:
            return redirect(f"{reverse(LOANS)}?{request.GET.urlencode()}")
        return hand_out_loans(
            all_of(asked),
            f"loans-{asked.month:%Y-%m}",
            file_format,
            actor=actor_of(request),
            asked={
                **asked.scope.parameters,
                "bucket": ",".join(asked.buckets),
                "before": ",".join(asked.before),
                "cause": asked.cause or "",
            },
        )

    def _asked_loans(self, request: HttpRequest) -> Asked:
        self._refuse_others(request)
        if not request.user.has_perm(NEEDS):
            raise PermissionDenied
        asked = asked_of(request.GET.dict(), person_of(request))
        if asked is None:
            raise Http404
        return asked

    def _report(self, request: HttpRequest, code: str) -> Report:
        """Return a report that this person may read; those that take a further right are not there for others."""
        self._refuse_others(request)
        report = report_for(person_of(request), code)
        if report is None:
            raise Http404
        return report

    def _refuse_others(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})

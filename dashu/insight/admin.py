"""The pages of reports: the list, one page for each, the loans behind a figure, and files of both."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from dashu.insight.files import FORMATS
from dashu.insight.forms import asked_for
from dashu.insight.handing_out import asked_words, hand_out, hand_out_loans
from dashu.insight.links import FILE, INDEX, LOANS, LOANS_FILE, PAGE, SCHEDULE, SCHEDULES, report_address
from dashu.insight.loans_behind import NEEDS, Asked, all_of, asked_of, page_of
from dashu.insight.models import ReportSchedule
from dashu.insight.reading import kept_months
from dashu.insight.registry import report_for, reports_for
from dashu.insight.report import EXPORT, GROUP_TITLES, STEER, VIEW, Group, Report
from dashu.insight.schedule_forms import ScheduleForm
from dashu.insight.schedule_words import mails_table, moment_words, schedule_figures, title_of, when_words
from dashu.insight.scheduled import parameters_of
from dashu.insight.services.schedules import make_schedule, stop_schedule
from dashu.insight.showing import shown
from dashu.kernel.dates import lender_now
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of, person_of
from dashu.web.act_pages import ask_and_do


@admin.register(ReportSchedule)
class ReportScheduleAdmin(ReadOnlyAdmin):
    list_display = ["title", "when", "next_shown", "receivers_shown", "made_by"]
    list_select_related = ["made_by"]
    ordering = ["-pk"]
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(receiver_count=Count("receivers"))

    @admin.display(description=_("report"))
    def title(self, schedule: ReportSchedule) -> Any:
        return title_of(schedule)

    @admin.display(description=_("when"))
    def when(self, schedule: ReportSchedule) -> str:
        return when_words(schedule)

    @admin.display(description=_("next time"))
    def next_shown(self, schedule: ReportSchedule) -> Any:
        return _("stopped") if schedule.stopped_at else moment_words(schedule.next_at)

    @admin.display(description=_("receivers"))
    def receivers_shown(self, schedule: Any) -> int:
        return int(schedule.receiver_count)

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
            path("reports/<slug:code>/schedule/", view(self.schedule), name="insight_report_schedule"),
            path("<int:pk>/stop/", view(self.stop), name="insight_schedule_stop"),
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
        context = {"title": gettext("Reports"), "groups": groups, "schedules": reverse(SCHEDULES)}
        return self._render(request, "insight/index.html", context)

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
            "schedule": report_address(code, scope, SCHEDULE) if scope and request.user.has_perm(STEER) else "",
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

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "title": gettext("Reports sent by mail")})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied
        self._refuse_others(request)
        schedule = self._schedule(request, object_id)
        may_stop = schedule.stopped_at is None and request.user.has_perm(STEER)
        context = {
            "title": title_of(schedule),
            "figures": schedule_figures(schedule),
            "table": mails_table(schedule),
            "back": reverse(SCHEDULES),
            "stop": reverse("admin:insight_schedule_stop", args=[schedule.pk]) if may_stop else "",
        }
        return self._render(request, "insight/schedule.html", context)

    def schedule(self, request: HttpRequest, code: str) -> HttpResponse:
        """Ask when and to whom a report is to be sent, as it was asked for on its page."""
        report = self._report(request, code)
        if not request.user.has_perm(STEER):
            raise PermissionDenied
        _form, scope = asked_for(report, request.GET, kept=kept_months(), person=person_of(request))
        if scope is None:
            return redirect(PAGE, code)
        form = ScheduleForm(request.POST or None, report=report)
        return ask_and_do(
            self,
            request,
            form,
            lambda given: make_schedule(
                report=report,
                parameters=parameters_of(scope),
                months=len(scope.months),
                file_format=given["file_format"],
                receivers=given["receivers"],
                person=person_of(request),
                now=lender_now(),
                **form.when,
            ),
            back=report_address(code, scope),
            after=reverse(SCHEDULES),
            title=gettext("Have it sent by mail"),
            text=report.title,
            note=" · ".join(words for _head, words in asked_words(report, scope)),
            button=gettext("Have it sent"),
            done=gettext("It is sent from the next time on. You can stop it here."),
        )

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._refuse_others(request)
        if not request.user.has_perm(STEER):
            raise PermissionDenied
        schedule = self._schedule(request, str(pk))
        return ask_and_do(
            self,
            request,
            forms.Form(request.POST if request.method == "POST" else None),
            lambda _given: stop_schedule(schedule_id=pk, person=person_of(request), now=lender_now()),
            back=reverse("admin:insight_reportschedule_change", args=[pk]),
            after=reverse(SCHEDULES),
            title=gettext("Send it no more"),
            text=f"{title_of(schedule)} · {when_words(schedule)}",
            done=gettext("It is not sent any more."),
        )

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

    def _schedule(self, request: HttpRequest, pk: str) -> ReportSchedule:
        found = ReportSchedule.objects.select_related("made_by").prefetch_related("receivers")
        return get_object_or_404(found, pk=int(pk) if pk.isascii() and pk.isdigit() else 0)

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

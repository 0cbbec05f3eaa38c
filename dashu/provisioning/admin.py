"""Provisions for finance: the runs, one run with all behind it, the figure of each loan, and overlays."""

import tempfile
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from collections_mgmt.presenting import bucket_label
from dashu.approvals.asking import asked_for_approval
from dashu.approvals.drafts import may_be_edited
from dashu.audit import services as audit
from dashu.kernel.money import parse_minor
from dashu.policy import rules as policy
from dashu.provisioning import presenting
from dashu.provisioning.estimates import read_estimates
from dashu.provisioning.explaining import months_table, sentences_table
from dashu.provisioning.forms import MonthForm, OverlayForm
from dashu.provisioning.models import REASONS, RUN, STAGES, LoanProvision, Overlay, ProvisionRun
from dashu.provisioning.selectors.explain import explain
from dashu.provisioning.selectors.months import kept_months
from dashu.provisioning.selectors.movement import movement_of
from dashu.provisioning.selectors.posted import wanted_with
from dashu.provisioning.selectors.stages import by_stage
from dashu.provisioning.services.calculate import ask_month
from dashu.provisioning.services.overlays import WRITE, end_overlay, enter_overlay
from dashu.provisioning.services.post import ask_posting
from dashu.provisioning.workbook import write_run
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of, person_of
from dashu.web.act_pages import ask_and_do
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import money
from loans.models import Loan

LIST = "admin:provisioning_provisionrun_changelist"
PAGE = "admin:provisioning_provisionrun_change"
LOANS = "admin:provisioning_provisionrun_loans"
LOAN = "admin:provisioning_provisionrun_loan"
OVERLAYS = "admin:provisioning_overlay_changelist"
TONES = {"DRAFT": "info", "SUBMITTED": "warning", "POSTED": "success"}
PER_PAGE = 50


@admin.register(ProvisionRun)
class ProvisionRunAdmin(ReadOnlyAdmin):
    list_display = ["named", "status_shown", "loans", "total", "tiers", "posted_at"]
    list_filter = ["status", "currency"]
    sortable_by: Sequence[str] = ()
    ordering = ["-month", "currency", "-number"]
    list_before_template = "provisioning/runs_head.html"

    @admin.display(description=_("month"))
    def named(self, run: ProvisionRun) -> str:
        return str(run)

    @display(description=_("status"), label=TONES)
    def status_shown(self, run: ProvisionRun) -> tuple[str, Any]:
        return run.status, run.get_status_display()

    @admin.display(description=_("set aside by expected loss"))
    def total(self, run: ProvisionRun) -> str:
        return money(run.total_minor, run.currency)

    @admin.display(description=_("five-tier provision"))
    def tiers(self, run: ProvisionRun) -> str:
        return money(run.five_tier_minor, run.currency)

    def get_urls(self) -> list[URLPattern]:
        def ours(address: str, page: Any, name: str) -> URLPattern:
            return path(address, self.admin_site.admin_view(page), name=f"provisioning_provisionrun_{name}")

        return [
            ours("calculate/", self.calculate, "calculate"),
            ours("<int:pk>/ask/", self.ask, "ask"),
            ours("<int:pk>/model/", self.model_page, "model"),
            ours("<int:pk>/loans/", self.loans_page, "loans"),
            ours("<int:pk>/loans/<int:loan_id>/", self.loan_page, "loan"),
            ours("<int:pk>/export/", require_POST(self.export), "export"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"may_run": request.user.has_perm(RUN)}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One run: what is set aside, how it moved and why, and what the ledger is to hold."""
        if request.method != "GET":
            raise PermissionDenied
        run = self._found(request, int(object_id) if object_id.isascii() and object_id.isdigit() else 0)
        stages, movement = by_stage(run), movement_of(run)
        may_run = request.user.has_perm(RUN)
        is_open = run.status != ProvisionRun.Status.POSTED and may_be_edited(run)
        context = {
            "title": gettext("Provision of %(month)s") % {"month": date_format(run.month, "Y-m")},
            "run": run,
            "figures": presenting.run_figures(
                run,
                exposure_minor=sum(each.ead_minor for each in stages),
                basis=policy.provision_basis(run.month_end),
            ),
            "tables": [
                presenting.stage_table(stages, run.currency),
                presenting.product_table(run, wanted_with(run, on=run.month_end)),
                presenting.movement_table(movement, run.currency),
                presenting.cause_table(movement, run.currency),
                presenting.kept_overlay_table(run),
            ],
            "may_ask": may_run and is_open,
        }
        return self._page(request, "provisioning/run.html", context)

    def calculate(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(RUN):
            raise PermissionDenied
        months = kept_months(settings.CURRENCY)
        actor = actor_of(request)
        return ask_and_do(
            self,
            request,
            MonthForm(request.POST or None, months=months),
            lambda given: ask_month(month=given["month"], currency=settings.CURRENCY, actor=actor),
            back=reverse(LIST),
            title=gettext("Calculate a month"),
            text=gettext("It is measured from the books of the month's end and posts nothing."),
            done=gettext("It is being calculated and appears here; a large book takes minutes."),
        )

    def ask(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(RUN):
            raise PermissionDenied
        run, user = self._found(request, pk), person_of(request)
        form, asked = asked_for_approval(
            request,
            lambda reason, key, today: ask_posting(
                run_id=run.pk, reason=reason, user=user, today=today, idempotency_key=f"provision:{key}"
            ),
        )
        if asked:
            messages.success(request, asked.get_status_display())
            return redirect(PAGE, pk)
        context = {
            "title": gettext("Ask for posting"),
            "text": f"{run} · {money(run.total_minor, run.currency)}",
            "note": gettext("Another person decides. Until then the ledger stays as it is."),
            "form": form,
            "button": gettext("Ask for posting"),
            "back": reverse(PAGE, args=[pk]),
        }
        return self._page(request, "staff/act.html", context)

    def model_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The estimates that the run was calculated with, and how those of a year ago did."""
        run = self._found(request, pk)
        estimates, labels = read_estimates(run.model.content), presenting.product_labels()
        context = {
            "title": gettext("Loss model of %(month)s") % {"month": date_format(run.month, "Y-m")},
            "run": run,
            "tables": [
                *presenting.matrix_tables(estimates, labels),
                presenting.loss_table(estimates, labels),
                presenting.scenario_table(estimates),
                presenting.backtest_table(run.model.backtest, labels),
            ],
        }
        return self._page(request, "provisioning/part.html", context)

    def loans_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The loans of a run, those with the largest expected loss first."""
        run = self._found(request, pk)
        lines = LoanProvision.objects.filter(run=run).defer("exposures", "ecl_scenarios")
        stage = request.GET.get("stage", "")
        if stage in STAGES:
            lines = lines.filter(stage=stage)
        if after := _place(request):
            lines = lines.filter(Q(ecl_minor__lt=after[0]) | Q(ecl_minor=after[0], loan_id__gt=after[1]))
        found = list(lines.order_by("-ecl_minor", "loan_id")[: PER_PAGE + 1])
        kept = f"&stage={stage}" if stage in STAGES else ""
        last = found[PER_PAGE - 1] if len(found) > PER_PAGE else None
        context = {
            "title": gettext("Loans of the provision of %(month)s") % {"month": date_format(run.month, "Y-m")},
            "run": run,
            "tables": [_loans_table(run, found[:PER_PAGE])],
            "stages": [(each, presenting.stage_words(each), each == stage) for each in STAGES],
            "stage": stage,
            "first": f"?{kept.lstrip('&')}" if after else "",
            "older": f"?after={last.ecl_minor}-{last.loan_id}{kept}" if last else "",
        }
        return self._page(request, "provisioning/part.html", context)

    def loan_page(self, request: HttpRequest, pk: int, loan_id: int) -> HttpResponse:
        """How the figure of one loan came about."""
        run = self._found(request, pk)
        line = get_object_or_404(LoanProvision, run=run, loan_id=loan_id)
        line.run = run
        loan = Loan.objects.filter(pk=loan_id).first()
        given = explain(line)
        name = loan.number if loan else str(loan_id)
        context = {
            "title": gettext("Expected loss of loan %(loan)s") % {"loan": name},
            "run": run,
            "loan": loan,
            "tables": [sentences_table(given), months_table(given)],
        }
        return self._page(request, "provisioning/part.html", context)

    def export(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Send a run as a workbook, and note who took it."""
        run = self._found(request, pk)
        audit.record(
            action="provisioning.exported", subject_type="provision_run", subject_id=run.pk, actor=actor_of(request)
        )
        file = tempfile.TemporaryFile()  # noqa: SIM115 – the response closes it
        write_run(file, run)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=f"provision-{run.month:%Y-%m}-{run.number}.xlsx")

    def _found(self, request: HttpRequest, pk: int) -> ProvisionRun:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request).select_related("model", "previous"), pk=pk)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})


@admin.register(Overlay)
class OverlayAdmin(ReadOnlyAdmin):
    list_display = ["segment", "size", "reason", "from_on", "to_on", "author", "state"]
    list_select_related = ["author"]
    sortable_by: Sequence[str] = ()
    ordering = ["-pk"]
    list_before_template = "provisioning/overlays_head.html"

    @admin.display(description=_("for which loans"))
    def segment(self, overlay: Overlay) -> str:
        return presenting.segment_words(overlay)

    @admin.display(description=_("size"))
    def size(self, overlay: Overlay) -> str:
        return presenting.size_words(overlay)

    @display(description=_("status"), label={"holds": "success", "over": ""})
    def state(self, overlay: Overlay) -> tuple[str, Any]:
        return ("over", _("taken back")) if overlay.ended_at else ("holds", _("holds"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("enter/", view(self.enter), name="provisioning_overlay_enter"),
            path("<int:pk>/end/", view(self.end), name="provisioning_overlay_end"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"may_write": request.user.has_perm(WRITE)}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One overlay has no page of its own but the one that takes it back."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        overlay = self.get_object(request, object_id)
        if overlay is None:
            raise Http404
        context = {
            "title": _("Overlay"),
            "tables": [presenting.overlay_table([overlay])],
            "end": reverse("admin:provisioning_overlay_end", args=[overlay.pk])
            if request.user.has_perm(WRITE) and overlay.ended_at is None
            else "",
        }
        context |= {**self.admin_site.each_context(request), "opts": self.opts}
        return render(request, "provisioning/overlay.html", context)

    def enter(self, request: HttpRequest) -> HttpResponse:
        self._refuse_others(request)

        def write(given: dict[str, Any]) -> None:
            amount, share = given["amount"], given["share"]
            enter_overlay(
                currency=settings.CURRENCY,
                product=given["product"],
                bucket="",
                stage=given["stage"],
                amount_minor=None if amount is None else parse_minor(str(amount), settings.CURRENCY),
                share=None if share is None else share / 100,
                reason=given["reason"],
                from_on=given["from_on"],
                to_on=given["to_on"],
                user=person_of(request),
            )

        return ask_and_do(
            self,
            request,
            OverlayForm(request.POST or None),
            write,
            back=reverse(OVERLAYS),
            title=gettext("Enter an overlay"),
            text=gettext(
                "For what the past cannot show. It counts in the runs of months that end within its days; whoever "
                "approves their posting sees it."
            ),
            done=gettext("It counts from the next calculation on."),
        )

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._refuse_others(request)
        overlay = get_object_or_404(Overlay, pk=pk)
        return ask_and_do(
            self,
            request,
            forms.Form(request.POST if request.method == "POST" else None),
            lambda _given: end_overlay(overlay_id=pk, user=person_of(request)),
            back=reverse(OVERLAYS),
            title=gettext("Take it back"),
            text=f"{presenting.segment_words(overlay)}, {presenting.size_words(overlay)}: {overlay.reason}",
            done=gettext("It no longer counts. What is posted stays until the next run."),
        )

    def _refuse_others(self, request: HttpRequest) -> None:
        if not request.user.has_perm(WRITE):
            raise PermissionDenied


def _loans_table(run: ProvisionRun, lines: Sequence[LoanProvision]) -> Table:
    numbers = dict(Loan.objects.filter(pk__in=[line.loan_id for line in lines]).values_list("pk", "number"))
    exposure = sum(each.ead_minor for each in by_stage(run))
    labels, reasons = presenting.product_labels(), {code.value: words for code, words in REASONS.items()}
    titles = (_("exposure"), _("probability of default"), _("share lost in a default"), _("set aside"))
    return Table(
        title=_("loans"),
        note=_("Largest expected loss first. All of them owe %(sum)s.") % {"sum": money(exposure, run.currency)},
        columns=[
            *(Column(title) for title in (_("loan"), _("product"), _("bucket"), _("impairment stage"), _("why"))),
            *(Column(title, is_number=True) for title in titles),
            Column(_("five-tier provision"), is_number=True),
        ],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>',
                    reverse(LOAN, args=[run.pk, line.loan_id]),
                    numbers.get(line.loan_id, line.loan_id),
                ),
                labels.get(line.product, line.product),
                bucket_label(line.bucket),
                presenting.stage_words(line.stage),
                reasons[line.reason],
                money(line.ead_minor, run.currency),
                presenting.percent(line.pd_12 if line.stage == "1" else line.pd_lifetime),
                presenting.percent(line.lgd),
                money(line.total_minor, run.currency),
                money(line.five_tier_minor, run.currency),
            ]
            for line in lines
        ],
        empty=_("No loan was running at the end of this month."),
    )


def _place(request: HttpRequest) -> tuple[int, int] | None:
    """Return expected loss and loan of the line that the page goes on after; None for the first page."""
    minor, _dash, loan = request.GET.get("after", "").partition("-")
    if not all(each.isascii() and each.isdigit() and len(each) < 19 for each in (minor, loan)):
        return None
    return int(minor), int(loan)

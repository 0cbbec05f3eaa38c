"""The pages of the nightly closes: how each went, live while it runs, and the buttons that steer it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from collections_mgmt.models import CloseRange, CloseRun, PortfolioDay
from collections_mgmt.presenting import COUNTS, COUNTS_OF_STEP, STEPS, bucket_label, classification_label
from collections_mgmt.selectors.progress import Progress, progress_of
from collections_mgmt.services import steer_close
from dashu.kernel.dates import LENDER_ZONE
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin, ReadOnlyInline
from dashu.users.actors import actor_of
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money


class CloseRangeInline(ReadOnlyInline):
    model = CloseRange
    fields = ["ids", "loans", "status", "attempts", "seconds_spent", "error"]
    readonly_fields = fields
    ordering = ["-status", "first_loan_id"]

    @admin.display(description=_("ids of loans"))
    def ids(self, item: CloseRange) -> str | SafeString:
        """The range of ids; a quarantined range is one loan, and a link to it."""
        if item.status in (CloseRange.Status.QUARANTINED, CloseRange.Status.RECOVERED):
            address = reverse("admin:loans_loan_change", args=[item.first_loan_id])
            return format_html('<a href="{}">{}</a>', address, item.first_loan_id)
        return f"{item.first_loan_id}–{item.end_loan_id - 1}"

    @admin.display(description=_("seconds"))
    def seconds_spent(self, item: CloseRange) -> str:
        return f"{sum(item.seconds.values()):.2f}"


@admin.register(CloseRun)
class CloseRunAdmin(ReadOnlyAdmin):
    """A run shows how far it has come while it runs, and may be paused, resumed and run again by who may steer it."""

    list_display = [
        "business_date",
        "status_shown",
        "overdue",
        "changed",
        "cases_opened",
        "cases_closed",
        "reminders",
        "took",
        "quarantined",
    ]
    sortable_by: Sequence[str] = ()
    ordering = ["-business_date"]
    fields = [("started_at", "ended_at")]
    inlines = [CloseRangeInline]
    change_form_outer_before_template = "collections_mgmt/close_head.html"
    change_form_outer_after_template = "staff/tables.html"
    actions_detail = ["pause", "resume", "rerun"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CloseRun]:
        return super().get_queryset(request).prefetch_related("ranges")

    @display(description=_("status"), label={"RUNNING": "info", "PAUSED": "warning", "CLOSED": "success"})
    def status_shown(self, run: CloseRun) -> tuple[str, str]:
        return run.status, run.get_status_display()

    @admin.display(description=_("overdue loans"))
    def overdue(self, run: CloseRun) -> int:
        return _counted(run, "overdue")

    @admin.display(description=_("changed"))
    def changed(self, run: CloseRun) -> int:
        return _counted(run, "changed")

    @admin.display(description=_("cases opened"))
    def cases_opened(self, run: CloseRun) -> int:
        return _counted(run, "cases_opened")

    @admin.display(description=_("cases closed"))
    def cases_closed(self, run: CloseRun) -> int:
        return _counted(run, "cases_closed")

    @admin.display(description=_("reminders"))
    def reminders(self, run: CloseRun) -> int:
        return _counted(run, "reminders")

    @admin.display(description=_("took"))
    def took(self, run: CloseRun) -> str:
        return _took(run)

    @display(description=_("quarantined"), label={True: "danger", False: "success"})
    def quarantined(self, run: CloseRun) -> tuple[bool, str]:
        found = _quarantined(run)
        return bool(found), str(found)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        shown = {"tables": [_book(run), _steps(run)], **_progress_context(run)} if run else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def get_urls(self) -> list[URLPattern]:
        show = self.admin_site.admin_view(self.show_progress)
        own = path("<path:object_id>/progress/", show, name="collections_mgmt_closerun_progress")
        return [own, *super().get_urls()]

    def show_progress(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The part of the page that is fetched again while the run goes on; the page is loaded anew when it stops."""
        run = self.get_object(request, object_id)
        if run is None or not self.has_view_permission(request, run):
            raise Http404
        response = render(request, "collections_mgmt/close_progress.html", _progress_context(run))
        if run.status != CloseRun.Status.RUNNING:
            response["HX-Refresh"] = "true"
        return response

    def has_pause_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return _may_steer(request, object_id, CloseRun.Status.RUNNING)

    def has_resume_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return _may_steer(request, object_id, CloseRun.Status.PAUSED)

    def has_rerun_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return _may_steer(request, object_id, CloseRun.Status.RUNNING, CloseRun.Status.CLOSED)

    @action(description=_("Pause"), url_path="pause", permissions=["pause"], icon="pause")
    def pause(self, request: HttpRequest, object_id: int) -> HttpResponse:
        text = _(
            "No further range begins; what is being closed now is finished. The date stays open until it is resumed."
        )
        return self._steer(request, object_id, steer_close.pause_close, _("Pause this close"), _("Pause"), text)

    @action(description=_("Resume"), url_path="resume", permissions=["resume"], icon="play_arrow")
    def resume(self, request: HttpRequest, object_id: int) -> HttpResponse:
        text = _("The ranges that wait are closed now. Nothing is closed a second time.")
        return self._steer(request, object_id, steer_close.resume_close, _("Resume this close"), _("Resume"), text)

    @action(description=_("Run again"), url_path="rerun", permissions=["rerun"], icon="replay")
    def rerun(self, request: HttpRequest, object_id: int) -> HttpResponse:
        text = _(
            "Ranges that failed are tried at once, and quarantined loans once more. A loan that is closed for this date"
            " stays as it is."
        )
        return self._steer(request, object_id, steer_close.rerun_close, _("Run this close again"), _("Run again"), text)

    def _steer(
        self,
        request: HttpRequest,
        run_id: int,
        act: Callable[..., CloseRun],
        title: Any,
        button: Any,
        text: Any,
    ) -> HttpResponse:
        """Ask first, then do it, and go back to the run's page."""
        back = reverse("admin:collections_mgmt_closerun_change", args=[run_id])
        if request.method != "POST":
            shown = {"title": title, "button": button, "text": text, "back": back, "opts": self.opts}
            return render(request, "staff/act.html", {**self.admin_site.each_context(request), **shown})
        try:
            run = act(run_id=run_id, actor=actor_of(request))
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, gettext("The close is now: %(status)s.") % {"status": run.get_status_display()})
        return redirect(back)


def _may_steer(request: HttpRequest, object_id: str | None, *statuses: str) -> bool:
    """Whether this person may steer closes, and this one is in a state for it; without one, the first alone."""
    if not request.user.has_perm("collections_mgmt.steer_closerun"):
        return False
    return object_id is None or CloseRun.objects.filter(pk=object_id, status__in=statuses).exists()


def _progress_context(run: CloseRun) -> dict[str, Any]:
    progress = progress_of(run)
    return {
        "run": run,
        "progress": progress,
        "figures": [*_figures(run), *_pace(run, progress)],
        "is_running": run.status == CloseRun.Status.RUNNING,
    }


def _pace(run: CloseRun, progress: Progress) -> list[Figure]:
    speed = gettext("%(count)s a second") % {"count": f"{progress.per_second:,.0f}"} if progress.per_second else "–"
    figures = [Figure(_("loans closed"), f"{progress.loans_done:,}", _of(progress.loans)), Figure(_("pace"), speed)]
    if progress.expected_end:
        end = timezone.localtime(progress.expected_end, LENDER_ZONE)
        figures.append(Figure(_("expected end"), time_format(end, "H:i:s")))
    return figures


def _of(loans: int) -> str:
    return gettext("of %(count)s") % {"count": f"{loans:,}"}


def _figures(run: CloseRun) -> list[Figure]:
    quarantined = _quarantined(run)
    return [
        Figure(_("status"), run.get_status_display(), tone="good" if run.status == run.Status.CLOSED else "soon"),
        Figure(_("took"), _took(run)),
        Figure(_("overdue loans"), f"{_counted(run, 'overdue'):,}"),
        Figure(_("cases opened"), f"{_counted(run, 'cases_opened'):,}"),
        Figure(_("reminders"), f"{_counted(run, 'reminders'):,}"),
        Figure(_("quarantined"), quarantined, tone="late" if quarantined else "good"),
    ]


def _counted(run: CloseRun, name: str) -> int:
    return int(run.counts.get(name, 0)) + sum(item.counts.get(name, 0) for item in run.ranges.all())


def _quarantined(run: CloseRun) -> int:
    return sum(item.status == CloseRange.Status.QUARANTINED for item in run.ranges.all())


def _took(run: CloseRun) -> str:
    return f"{(run.ended_at - run.started_at).total_seconds():.1f} s" if run.ended_at else "–"


def _book(run: CloseRun) -> Table:
    """The running loans at the end of the day, with what the ledger holds of them as a whole."""
    days = PortfolioDay.objects.filter(business_date=run.business_date)
    order = ("product", "currency", "stage", "bucket", "classification")
    return Table(
        title=_("The book at the end of this day"),
        columns=[
            Column(_("product")),
            Column(_("bucket")),
            Column(_("classification")),
            Column(_("impairment stage")),
            Column(_("loans"), is_number=True),
            Column(_("principal"), is_number=True),
            Column(_("overdue"), is_number=True),
            Column(_("interest earned, not yet due"), is_number=True),
            Column(_("provision"), is_number=True),
        ],
        rows=[
            [
                day.product,
                bucket_label(day.bucket),
                classification_label(day.classification),
                day.stage or "–",
                f"{day.loans:,}",
                *(
                    money(minor, day.currency)
                    for minor in (day.principal_minor, day.overdue_minor, day.accrued_minor, day.provision_minor)
                ),
            ]
            for day in days.order_by(*order)
        ],
        note=_("Interest that is not yet due and the provision are booked product by product, as one entry each."),
        empty=_("There is no portfolio of this day: the close is not done yet, or no loan was running."),
    )


def _steps(run: CloseRun) -> Table:
    """What each step of the night found and how long it took, over all ranges."""
    seconds: defaultdict[str, list[float]] = defaultdict(list, {name: [spent] for name, spent in run.seconds.items()})
    for item in run.ranges.all():
        for name, spent in item.seconds.items():
            seconds[name].append(spent)
    return Table(
        title=_("What this close did"),
        columns=[
            Column(_("step")),
            Column(_("result")),
            Column(_("seconds"), is_number=True),
            Column(_("slowest range"), is_number=True),
        ],
        rows=[
            [
                STEPS.get(name, name),
                ", ".join(
                    f"{_counted(run, key):,} {COUNTS.get(key, key)}" for key in COUNTS_OF_STEP.get(name, (name,))
                ),
                f"{sum(seconds[name]):.2f}",
                f"{max(seconds[name]):.2f}",
            ]
            for name in sorted(seconds, key=[*STEPS, *seconds].index)
        ],
        empty=_("No range of this close is done yet."),
    )

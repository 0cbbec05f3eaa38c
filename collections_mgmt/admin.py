"""The collections desk: who is behind, the cases, and what the nightly closes did."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from collections_mgmt.models import CloseRange, CloseRun, CollectionCase, OverdueStatus, PortfolioDay
from collections_mgmt.presenting import (
    CLASSIFICATIONS,
    COUNTS,
    COUNTS_OF_STEP,
    STEPS,
    bucket_label,
    classification_label,
)
from dashu.kernel.dates import lender_today
from dashu.policy.rules import delinquency_buckets
from dashu.read_only_admin import ReadOnlyAdmin, ReadOnlyInline
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money
from loans.admin import FoundByLoan, loan_link

BUCKET_TONES = {"M1": "warning", **{f"M{number}": "danger" for number in range(2, 8)}}
CLASS_TONES = {"NORMAL": "success", "SPECIAL_MENTION": "warning"} | dict.fromkeys(
    ("SUBSTANDARD", "DOUBTFUL", "LOSS"), "danger"
)


class BucketFilter(admin.SimpleListFilter):
    title = _("bucket")
    parameter_name = "bucket"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(band.code, bucket_label(band.code)) for band in delinquency_buckets(lender_today()).bands[1:]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OverdueStatus]) -> QuerySet[OverdueStatus]:
        return queryset.filter(bucket=self.value()) if self.value() else queryset


class ClassificationFilter(admin.SimpleListFilter):
    title = _("classification")
    parameter_name = "classification"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(CLASSIFICATIONS.items())[1:]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OverdueStatus]) -> QuerySet[OverdueStatus]:
        return queryset.filter(classification=self.value()) if self.value() else queryset


@admin.register(OverdueStatus)
class OverdueStatusAdmin(FoundByLoan, ReadOnlyAdmin):
    """Who is behind, furthest first. A row opens the loan's own page, where everything else is."""

    list_display = [
        "loan_number",
        "borrower",
        "product",
        "days_past_due",
        "owed",
        "bucket_shown",
        "classification_shown",
        "oldest_due_on",
    ]
    list_display_links = None
    list_select_related = ["loan__borrower", "loan__product_terms__product"]
    list_filter = [BucketFilter, ClassificationFilter]
    fields = [
        ("loan_number", "borrower"),
        ("days_past_due", "effective_days_past_due", "as_of"),
        ("owed", "oldest_due_on"),
        ("bucket_name", "classification_name"),
    ]
    readonly_fields = [
        "loan_number",
        "borrower",
        "days_past_due",
        "effective_days_past_due",
        "as_of",
        "owed",
        "oldest_due_on",
        "bucket_name",
        "classification_name",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OverdueStatus]:
        return super().get_queryset(request).overdue()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return FurthestBehindFirst

    @admin.display(description=_("loan"))
    def loan_number(self, status: OverdueStatus) -> SafeString:
        return loan_link(status.loan)

    @admin.display(description=_("borrower"))
    def borrower(self, status: OverdueStatus) -> str:
        return status.loan.borrower.name

    @admin.display(description=_("product"))
    def product(self, status: OverdueStatus) -> str:
        return status.loan.product_terms.product.label

    @admin.display(description=_("overdue amount"))
    def owed(self, status: OverdueStatus) -> str:
        return money(status.total_minor, status.loan.currency)

    @admin.display(description=_("bucket"))
    def bucket_name(self, status: OverdueStatus) -> Any:
        return bucket_label(status.bucket)

    @admin.display(description=_("classification"))
    def classification_name(self, status: OverdueStatus) -> Any:
        return classification_label(status.classification)

    @display(description=_("bucket"), label=BUCKET_TONES)
    def bucket_shown(self, status: OverdueStatus) -> tuple[str, Any]:
        return status.bucket, self.bucket_name(status)

    @display(description=_("classification"), label=CLASS_TONES)
    def classification_shown(self, status: OverdueStatus) -> tuple[str, Any]:
        return status.classification, self.classification_name(status)


class FurthestBehindFirst(ChangeList):
    """Ordered exactly as the index of the list is, so that a page reads the rows it shows and no others."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return ["-days_past_due", "loan_id"]


@admin.register(CollectionCase)
class CollectionCaseAdmin(FoundByLoan, ReadOnlyAdmin):
    list_display = ["loan_number", "borrower", "status_shown", "days_past_due", "opened_on", "closed_on"]
    list_display_links = None
    list_select_related = ["loan__borrower", "loan__overdue"]
    list_filter = ["status"]
    ordering = ["-pk"]
    fields = ["loan_number", "borrower", "status", "days_past_due", "opened_on", "closed_on"]
    readonly_fields = fields

    @admin.display(description=_("loan"))
    def loan_number(self, case: CollectionCase) -> SafeString:
        return loan_link(case.loan)

    @admin.display(description=_("borrower"))
    def borrower(self, case: CollectionCase) -> str:
        return case.loan.borrower.name

    @display(description=_("status"), label={"OPEN": "warning", "CLOSED": "success"})
    def status_shown(self, case: CollectionCase) -> tuple[str, str]:
        return case.status, case.get_status_display()

    @admin.display(description=_("days past due"))
    def days_past_due(self, case: CollectionCase) -> int:
        return case.loan.overdue.days_past_due


class CloseRangeInline(ReadOnlyInline):
    model = CloseRange
    fields = ["loans", "status", "seconds_spent", "error"]
    readonly_fields = fields
    ordering = ["-status", "first_loan_id"]

    @admin.display(description=_("loans"))
    def loans(self, item: CloseRange) -> str | SafeString:
        """The range of ids; a quarantined range is one loan, and a link to it."""
        if item.status == CloseRange.Status.QUARANTINED:
            address = reverse("admin:loans_loan_change", args=[item.first_loan_id])
            return format_html('<a href="{}">{}</a>', address, item.first_loan_id)
        return f"{item.first_loan_id}–{item.end_loan_id - 1}"

    @admin.display(description=_("seconds"))
    def seconds_spent(self, item: CloseRange) -> str:
        return f"{sum(item.seconds.values()):.2f}"


@admin.register(CloseRun)
class CloseRunAdmin(ReadOnlyAdmin):
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
    change_form_outer_before_template = "staff/figures.html"
    change_form_outer_after_template = "staff/tables.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CloseRun]:
        return super().get_queryset(request).prefetch_related("ranges")

    @display(description=_("status"), label={"RUNNING": "info", "CLOSED": "success"})
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
        shown = {"figures": _figures(run), "tables": [_book(run), _steps(run)]} if run else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})


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
    return sum(item.counts.get(name, 0) for item in run.ranges.all())


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
    seconds: defaultdict[str, list[float]] = defaultdict(list)
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

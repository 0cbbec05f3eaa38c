"""The collections desk: who is behind. Cases and nightly closes have pages of their own."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from collections_mgmt import (  # noqa: F401 – register pages of their own
    agency_admin,
    agreements_admin,
    asked_admin,
    case_admin,
    close_admin,
    holds_admin,
    legal_admin,
    loss_admin,
    scripts_admin,
    strategy_admin,
)
from collections_mgmt.desk import admin as desk_admin  # noqa: F401 – registers pages of its own
from collections_mgmt.evidence import admin as evidence_admin  # noqa: F401 – registers a page of its own
from collections_mgmt.models import OverdueStatus
from collections_mgmt.offering import admin as offering_admin  # noqa: F401 – registers pages of its own
from collections_mgmt.offering import campaign_admin  # noqa: F401 – registers a page of its own
from collections_mgmt.presenting import CLASSIFICATIONS, bucket_label, classification_label
from collections_mgmt.quality import admin as quality_admin  # noqa: F401 – registers pages of its own
from collections_mgmt.seen_admin import SeenAdmin
from collections_mgmt.warning import admin as warning_admin  # noqa: F401 – registers pages of its own
from collections_mgmt.warning import economy_admin  # noqa: F401 – registers pages of its own
from dashu.kernel.dates import lender_today
from dashu.policy.rules import delinquency_buckets
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
class OverdueStatusAdmin(FoundByLoan, SeenAdmin):
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
        return super().get_queryset(request).overdue()  # type: ignore[attr-defined]

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

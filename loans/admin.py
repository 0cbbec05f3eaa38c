"""
What the lender offers, and what every list of things of a loan shares.

Versions of products are in `loans.product_admin`, the loans themselves in `dashu.portal.admin`: their page shows all
apps.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dashu.read_only_admin import ReadOnlyAdmin
from loans import contract_admin, product_admin  # noqa: F401 – register pages of their own
from loans.desk import admin as desk_admin  # noqa: F401 – registers a page of its own
from loans.desk import watch_admin  # noqa: F401 – registers a page of its own
from loans.models import Loan, Product
from loans.selectors.search import loans_found


def loan_link(loan: Loan) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:loans_loan_change", args=[loan.pk]), loan.number)


class FoundByLoan:
    """A list that is searched by loan or borrower, and kept in the one order that an index serves."""

    loan_key = "loan_id"
    sortable_by: Sequence[str] = ()
    search_fields = ["pk"]
    search_help_text = _("Number of the loan or of the borrower, the whole name, the phone or its last four digits")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(**{f"{self.loan_key}__in": loans_found(term)}) if term else queryset), False


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    list_display = ["code", "product_name", "kind", "is_active"]
    list_filter = ["kind", "is_active"]
    fields = ["code", "product_name", "kind", "is_active"]
    readonly_fields = fields
    ordering = ["code"]

    @admin.display(description=_("name"))
    def product_name(self, product: Product) -> str:
        return product.label

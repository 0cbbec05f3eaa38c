"""Loans for staff. The page of a loan shows all apps, so it is composed here, at the top."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from collections_mgmt.models import OverdueStatus
from dashu.kernel.dates import lender_today
from dashu.portal.books import accounts, periods, reconciliations  # noqa: F401 – their pages register themselves
from dashu.portal.loan_for_staff import loan_figures, loan_tables, past_day, waiting_acts
from dashu.portal.refunding import RefundsCredit
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.web.templatetags.dashu import money
from loans.admin import FoundByLoan
from loans.models import Loan
from repayments.models import LoanBalance

admin.site.index_title = _("Overview")

METHODS = {
    "equal_installment": _("Equal installments"),
    "equal_principal": _("Equal principal"),
    "interest_only": _("Interest only, principal at the end"),
    "bullet": _("All at the end"),
    "flat": _("Flat rate"),
}
STATUS_TONES = {"APPROVED": "info", "ACTIVE": "success", "CHARGED_OFF": "danger"}


@admin.register(Loan)
class LoanAdmin(RefundsCredit, FoundByLoan, ReadOnlyAdmin):
    loan_key = "pk"
    list_display = ["number", "borrower_name", "product", "status_shown", "principal", "outstanding", "days_past_due"]
    list_select_related = ["borrower", "product_terms__product", "balance", "overdue"]
    list_filter = ["status", "product_terms__product"]
    ordering = ["-pk"]
    fields = [
        ("borrower_link", "product", "partner"),
        ("principal", "rate", "method_name"),
        ("installment_count", "starts_on", "first_due_on"),
        ("penalty_rate", "penalty_base", "penalty_grace_days"),
        ("tolerance_bps", "source", "external_id"),
    ]
    readonly_fields = [
        "borrower_link",
        "product",
        "partner",
        "principal",
        "rate",
        "installment_count",
        "method_name",
        "starts_on",
        "first_due_on",
        "penalty_rate",
        "penalty_base",
        "penalty_grace_days",
        "tolerance_bps",
        "source",
        "external_id",
    ]
    change_form_outer_before_template = "staff/figures.html"
    change_form_outer_after_template = "staff/tables.html"
    actions_detail = ["refund_credit"]

    @admin.display(description=_("borrower"))
    def borrower_name(self, loan: Loan) -> str:
        return loan.borrower.name

    @admin.display(description=_("borrower"))
    def borrower_link(self, loan: Loan) -> SafeString:
        address = reverse("admin:users_borrower_change", args=[loan.borrower_id])
        return format_html('<a href="{}">{}</a>', address, loan.borrower)

    @admin.display(description=_("product"))
    def product(self, loan: Loan) -> str:
        return loan.product_terms.product.label

    @display(description=_("status"), label=STATUS_TONES)
    def status_shown(self, loan: Loan) -> tuple[str, str]:
        return loan.status, loan.get_status_display()

    @admin.display(description=_("principal"))
    def principal(self, loan: Loan) -> str:
        return money(loan.principal_minor, loan.currency)

    @admin.display(description=_("outstanding"))
    def outstanding(self, loan: Loan) -> str:
        balance: LoanBalance | None = getattr(loan, "balance", None)
        return money(balance.principal_minor, loan.currency) if balance else "–"

    @admin.display(description=_("days past due"))
    def days_past_due(self, loan: Loan) -> int:
        overdue: OverdueStatus | None = getattr(loan, "overdue", None)
        return overdue.days_past_due if overdue else 0

    @admin.display(description=_("annual rate"))
    def rate(self, loan: Loan) -> str:
        return f"{loan.annual_rate * 100:.2f}%"

    @admin.display(description=_("method"))
    def method_name(self, loan: Loan) -> Any:
        return METHODS.get(loan.method, loan.method)

    @admin.display(description=_("annual penalty rate"))
    def penalty_rate(self, loan: Loan) -> str:
        return f"{loan.penalty_annual_rate * 100:.2f}%"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        loan = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if loan:
            may_see, today, asked = request.user.has_perm, lender_today(), request.GET
            on_day = past_day(loan, as_of=asked.get("as_of", ""), known_on=asked.get("known_on", ""), today=today)
            shown = {
                "figures": loan_figures(loan, today=today),
                "tables": [
                    *waiting_acts(loan, today=today, may_see=may_see),
                    *loan_tables(loan, version=asked.get("version", ""), may_see=may_see, on_day=on_day),
                ],
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

"""Loans for staff. The page of a loan shows all apps, so it is composed here, at the top."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from collections_mgmt.models import OverdueStatus
from collections_mgmt.queue_lists import QueueList
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.portal import corrections as corrections  # registers its page
from dashu.portal import seen_by_borrower as seen_by_borrower  # registers its page
from dashu.portal.acting_on_loans import act_groups, act_view
from dashu.portal.books import (  # noqa: F401 – their pages register themselves
    accounts,
    handovers,
    past_days,
    periods,
    reconciliations,
)
from dashu.portal.cash_desk import CashDesk
from dashu.portal.loan_for_staff import loan_figures, loan_tables, past_day, waiting_acts
from dashu.portal.outreach import effect, guarding, refusals, wordings  # noqa: F401 – their pages register themselves
from dashu.portal.overview import admin as overview_admin  # noqa: F401 – registers its pages
from dashu.portal.refunding import RefundsCredit
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of
from dashu.web.forms import add_refusal
from dashu.web.templatetags.dashu import money
from loans.admin import FoundByLoan
from loans.models import Loan
from loans.selectors.product_previews import METHODS
from repayments.admin import act_page, or_404
from repayments.domain.virtual_accounts import grouped
from repayments.forms import IssueCertificateForm, IssueStatementForm, QuotePayoffForm
from repayments.models import LoanBalance, VirtualAccount
from repayments.papers.serving import site_of
from repayments.services.documents import issue_certificate, issue_statement
from repayments.services.payoff_quotes import longest_quote, quote_payoff

admin.site.index_title = _("Overview")

STATUS_TONES = {"APPROVED": "info", "ACTIVE": "success", "CHARGED_OFF": "danger"}


@admin.register(Loan)
class LoanAdmin(QueueList, CashDesk, RefundsCredit, FoundByLoan, ReadOnlyAdmin):
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
        ("virtual_account", "lent_on"),
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
        "lent_on",
        "virtual_account",
    ]
    actions_detail = ["take_cash", "refund_credit", "quote_payoff", "issue_statement", "issue_certificate"]
    change_form_outer_before_template = "staff/loan_head.html"
    change_form_outer_after_template = "staff/tables.html"

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

    @admin.display(description=_("virtual account"))
    def virtual_account(self, loan: Loan) -> str:
        found: VirtualAccount | None = getattr(loan, "virtual_account", None)
        return grouped(found.number) if found else "–"

    @admin.display(description=_("annual rate"))
    def rate(self, loan: Loan) -> str:
        return f"{loan.annual_rate * 100:.2f}%"

    @admin.display(description=_("method"))
    def method_name(self, loan: Loan) -> Any:
        return METHODS.get(loan.method, loan.method)

    @admin.display(description=_("annual penalty rate"))
    def penalty_rate(self, loan: Loan) -> str:
        return f"{loan.penalty_annual_rate * 100:.2f}%"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(act_view)
        return [path("<int:loan_id>/act/<slug:code>/", view, name="loans_loan_act"), *super().get_urls()]

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
                "act_groups": act_groups(request, loan),
                "tables": [
                    *waiting_acts(loan, today=today, may_see=may_see),
                    *loan_tables(loan, version=asked.get("version", ""), may_see=may_see, today=today, on_day=on_day),
                ],
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def has_offer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.offer_payoffquote")

    def has_issue_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.issue_issueddocument")

    @action(description=_("Payoff quote"), url_path="payoff", permissions=["offer"], icon="price_check")
    def quote_payoff(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        loan, today = or_404(self.get_object(request, object_id)), lender_today()
        form = QuotePayoffForm(request.POST or None, initial={"valid_to": longest_quote(today)})
        note = gettext("The quote names what ends the loan on each day up to this one. It holds once it is accepted.")

        def offer() -> HttpResponse:
            quote = quote_payoff(loan_id=loan.pk, today=today, actor=actor_of(request), **form.cleaned_data)
            return redirect("admin:repayments_payoffquote_change", quote.pk)

        return self._carried_out(request, loan, form, offer, gettext("Payoff quote"), note)

    @action(description=_("Statement of account"), url_path="statement", permissions=["issue"], icon="receipt_long")
    def issue_statement(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        loan = or_404(self.get_object(request, object_id))
        initial = {"first": loan.starts_on, "last": lender_today(), "language": loan.borrower.language}
        form = IssueStatementForm(request.POST or None, initial=initial)
        note = gettext("Every amount that was charged and paid in the period, as the books say it now.")

        def issue() -> HttpResponse:
            document = issue_statement(loan_id=loan.pk, **self._issuing(request), **form.cleaned_data)
            return redirect("admin:repayments_issueddocument_change", document.pk)

        return self._carried_out(request, loan, form, issue, gettext("Statement of account"), note)

    @action(description=_("Settlement certificate"), url_path="certificate", permissions=["issue"], icon="verified")
    def issue_certificate(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        loan = or_404(self.get_object(request, object_id))
        form = IssueCertificateForm(request.POST or None, initial={"language": loan.borrower.language})
        note = gettext("Says that the loan is paid off. If a payment bounces later, the certificate revokes itself.")

        def issue() -> HttpResponse:
            document = issue_certificate(loan_id=loan.pk, **self._issuing(request), **form.cleaned_data)
            return redirect("admin:repayments_issueddocument_change", document.pk)

        return self._carried_out(request, loan, form, issue, gettext("Settlement certificate"), note)

    def _issuing(self, request: HttpRequest) -> dict[str, Any]:
        return {"now": lender_now(), "site": site_of(request), "actor": actor_of(request)}

    def _carried_out(
        self, request: HttpRequest, loan: Loan, form: Form, act: Callable[[], HttpResponse], title: str, note: str
    ) -> HttpResponse:
        """Carry the act out, or ask for what it needs and say beside the field why it was refused."""
        if request.method == "POST" and form.is_valid():
            try:
                return act()
            except DomainError as error:
                add_refusal(form, error)
        text = f"{loan.number} · {loan.borrower.name}"
        return act_page(self, request, loan, title=title, text=text, note=note, form=form, button=gettext("Make it"))

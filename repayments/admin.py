"""
Money received, visits to the payment provider, payoff quotes and issued papers, for reading.

What changes them is a named action: a payment that did not hold is returned, a quote accepted or withdrawn, a paper
revoked.
"""

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import lender_date, money
from loans.admin import FoundByLoan, loan_link
from repayments import bank_admin, channels_admin, payout_admin  # noqa: F401 – register pages of their own
from repayments.channels_admin import TakesBack, taken_back
from repayments.forms import ReasonForm
from repayments.models import IssuedDocument, Payment, PayoffQuote
from repayments.papers.serving import file_response
from repayments.services.documents import hand_out, revoke_document
from repayments.services.payoff_quotes import accept_payoff_quote, withdraw_payoff_quote


@admin.register(Payment)
class PaymentAdmin(TakesBack, FoundByLoan, ReadOnlyAdmin):
    past_queue = "loan__borrower"
    list_display = ["reference", "loan_number", "borrower", "amount", "received_on", "channel", "state_label"]
    list_select_related = ["loan__borrower"]
    list_filter = ["channel", "is_returned"]
    ordering = ["-pk"]
    fields = [
        ("reference", "loan_number"),
        ("amount", "state"),
        ("received_on", "posted_at"),
        ("channel", "recorded_by"),
    ]
    readonly_fields = [
        "reference",
        "loan_number",
        "amount",
        "state",
        "received_on",
        "posted_at",
        "channel",
        "recorded_by",
    ]
    change_form_outer_after_template = "staff/tables.html"
    actions_detail = ["receipt", "return_payment", "charge_back", "win_chargeback"]

    @admin.display(description=_("loan"))
    def loan_number(self, payment: Payment) -> SafeString:
        return loan_link(payment.loan)

    @admin.display(description=_("borrower"))
    def borrower(self, payment: Payment) -> str:
        return payment.loan.borrower.name

    @admin.display(description=_("amount"))
    def amount(self, payment: Payment) -> str:
        return money(payment.amount_minor, payment.loan.currency)

    @admin.display(description=_("state"))
    def state(self, payment: Payment) -> Any:
        return _("Returned") if payment.is_returned else _("Booked")

    @display(description=_("state"), label={True: "danger", False: "success"})
    def state_label(self, payment: Payment) -> tuple[bool, Any]:
        return payment.is_returned, self.state(payment)

    @admin.display(description=_("recorded by"))
    def recorded_by(self, payment: Payment) -> str:
        return payment.event.actor

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        payment = self.get_object(request, object_id)
        tables = [_what_it_paid(payment), *taken_back(payment)] if payment else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "tables": tables})

    def has_return_payment_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.return_payment")

    @action(
        description=_("Return this payment"),
        url_path="return",
        permissions=["return_payment"],
        icon="undo",
        variant=ActionVariant.DANGER,
    )
    def return_payment(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        payment = self.get_object(request, object_id)
        if payment is None:
            raise Http404
        if payment.is_returned:
            messages.info(request, gettext("This payment is returned already. Returning it again changes nothing."))
            return redirect("admin:repayments_payment_change", payment.pk)
        # Returning is an act on the loan: it shows what it changes before it is booked.
        address = reverse("admin:loans_loan_act", args=[payment.loan_id, "return_payment"])
        return redirect(f"{address}?{urlencode({'payment': payment.reference})}")


@admin.register(PayoffQuote)
class PayoffQuoteAdmin(FoundByLoan, ReadOnlyAdmin):
    past_queue = "loan__borrower"
    list_display = ["created_at", "loan_number", "total", "valid_to", "status_shown"]
    list_select_related = ["loan"]
    list_filter = ["status"]
    ordering = ["-pk"]
    fields = [
        ("loan_number", "status", "total"),
        ("quoted_on", "pays_on", "valid_to"),
        ("actor", "accepted_by", "accepted_at"),
        ("closed_reason", "closed_note", "payment"),
    ]
    readonly_fields = [
        "loan_number",
        "status",
        "total",
        "quoted_on",
        "pays_on",
        "valid_to",
        "actor",
        "accepted_by",
        "accepted_at",
        "closed_reason",
        "closed_note",
        "payment",
    ]
    change_form_outer_after_template = "staff/tables.html"
    actions_detail = ["accept_quote", "withdraw_quote"]

    @admin.display(description=_("loan"))
    def loan_number(self, quote: PayoffQuote) -> SafeString:
        return loan_link(quote.loan)

    @admin.display(description=_("total"))
    def total(self, quote: PayoffQuote) -> str:
        return money(quote.total_minor, quote.loan.currency)

    @display(description=_("status"), label={"OFFERED": "info", "ACCEPTED": "success", "VOID": "danger"})
    def status_shown(self, quote: PayoffQuote) -> tuple[str, str]:
        return quote.status, quote.get_status_display()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        quote = self.get_object(request, object_id)
        tables = [_payoff_of_each_day(quote)] if quote else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "tables": tables})

    def has_offer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.offer_payoffquote")

    def has_withdraw_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.withdraw_payoffquote")

    @action(
        description=_("Accept for the borrower"),
        url_path="accept",
        permissions=["offer"],
        icon="check",
        variant=ActionVariant.PRIMARY,
    )
    def accept_quote(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        quote = or_404(self.get_object(request, object_id))
        text = gettext("%(amount)s for loan %(loan)s, valid to %(day)s.") % {
            "amount": money(quote.total_minor, quote.loan.currency),
            "loan": quote.loan.number,
            "day": lender_date(quote.valid_to),
        }
        note = gettext("The borrower asked for it: from now on the loan can be ended for at most this amount.")
        form = Form(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                accept_payoff_quote(
                    loan_id=quote.loan_id, token=quote.token, today=lender_today(), actor=actor_of(request)
                )
            except DomainError as error:
                form.add_error(None, error.user_message)
            else:
                messages.success(request, gettext("The quote is accepted."))
                return redirect("admin:repayments_payoffquote_change", quote.pk)
        page = {"title": gettext("Accept the payoff quote"), "text": text, "note": note}
        return act_page(self, request, quote, **page, form=form, button=gettext("Accept"))

    @action(
        description=_("Withdraw"),
        url_path="withdraw",
        permissions=["withdraw"],
        icon="undo",
        variant=ActionVariant.DANGER,
    )
    def withdraw_quote(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        quote = or_404(self.get_object(request, object_id))
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                withdraw_payoff_quote(
                    loan_id=quote.loan_id, token=quote.token, actor=actor_of(request), **form.cleaned_data
                )
            except DomainError as error:
                form.add_error(None, error.user_message)
            else:
                messages.success(request, gettext("The quote is withdrawn."))
                return redirect("admin:repayments_payoffquote_change", quote.pk)
        page = {
            "title": gettext("Withdraw the payoff quote"),
            "text": gettext("Loan %(loan)s") % {"loan": quote.loan.number},
            "note": gettext("The borrower can no longer pay for it. Say why: they will ask."),
        }
        return act_page(self, request, quote, **page, form=form, button=gettext("Withdraw"))


@admin.register(IssuedDocument)
class IssuedDocumentAdmin(FoundByLoan, ReadOnlyAdmin):
    past_queue = "loan__borrower"
    list_display = ["number_shown", "kind", "loan_number", "as_of", "issued_at", "state_label"]
    list_select_related = ["loan"]
    list_filter = ["kind", "language"]
    ordering = ["-pk"]
    fields = [
        ("number_shown", "kind", "loan_number"),
        ("code_grouped", "language", "as_of"),
        ("issued_at", "actor", "files_shown"),
        ("revoked_at", "revoked_by"),
        ("revoked_reason", "revoked_note"),
    ]
    readonly_fields = [
        "number_shown",
        "kind",
        "loan_number",
        "code_grouped",
        "language",
        "as_of",
        "issued_at",
        "actor",
        "files_shown",
        "revoked_at",
        "revoked_by",
        "revoked_reason",
        "revoked_note",
    ]
    actions_detail = ["revoke_document"]

    def get_urls(self) -> list[Any]:
        download = path(
            "<int:document_id>/file/<slug:format>/",
            self.admin_site.admin_view(self.file_view),
            name="repayments_issueddocument_file",
        )
        return [download, *super().get_urls()]

    @admin.display(description=_("number"))
    def number_shown(self, document: IssuedDocument) -> str:
        return document.number

    @admin.display(description=_("loan"))
    def loan_number(self, document: IssuedDocument) -> SafeString:
        return loan_link(document.loan)

    @admin.display(description=_("verification code"))
    def code_grouped(self, document: IssuedDocument) -> str:
        return document.code_shown

    @display(description=_("state"), label={True: "danger", False: "success"})
    def state_label(self, document: IssuedDocument) -> tuple[bool, Any]:
        return bool(document.revoked_at), _("Revoked") if document.revoked_at else _("Stands")

    @admin.display(description=_("files"))
    def files_shown(self, document: IssuedDocument) -> SafeString:
        formats = document.files.order_by("format").values_list("format", flat=True)
        links = (
            (reverse("admin:repayments_issueddocument_file", args=[document.pk, format.lower()]), format)
            for format in formats
        )
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    def file_view(self, request: HttpRequest, document_id: int, format: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        document = or_404(IssuedDocument.objects.filter(pk=document_id).first())
        try:
            return file_response(document, hand_out(document, format=format, actor=actor_of(request)))
        except DomainError as error:
            raise Http404 from error

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.revoke_issueddocument")

    @action(
        description=_("Revoke"),
        url_path="revoke",
        permissions=["revoke"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def revoke_document(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        document = or_404(self.get_object(request, object_id))
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                revoke_document(
                    document_id=document.pk,
                    note=form.cleaned_data["reason"],
                    now=lender_now(),
                    actor=actor_of(request),
                )
            except DomainError as error:
                form.add_error(None, error.user_message)
            else:
                messages.success(request, gettext("The document is revoked, and its public page says so."))
                return redirect("admin:repayments_issueddocument_change", document.pk)
        page = {
            "title": gettext("Revoke document %(number)s") % {"number": document.number},
            "text": f"{document.get_kind_display()}, {document.loan.number}",
            "note": gettext("Whoever checks its code reads that it is no longer valid. The reason stays in the house."),
        }
        return act_page(self, request, document, **page, form=form, button=gettext("Revoke"))


def or_404(found: Any) -> Any:
    if found is None:
        raise Http404
    return found


def act_page(page: ModelAdmin, request: HttpRequest, row: Any, **context: Any) -> HttpResponse:
    """Ask before a named action is carried out; `back` leads to the row's own page."""
    back = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_change", args=[row.pk])
    shown = {**page.admin_site.each_context(request), "opts": page.opts, "back": back, **context}
    return render(request, "staff/act.html", shown)


def _payoff_of_each_day(quote: PayoffQuote) -> Table:
    names = ("principal", "interest", "fee", "penalty", "prepayment_fee", "rebate", "credit", "total")
    titles = [
        _("principal"),
        _("interest"),
        _("fee"),
        _("penalty"),
        _("prepayment fee"),
        _("rebate"),
        _("credit"),
        _("total"),
    ]
    return Table(
        title=_("payoff of each day"),
        note=_("The quote is the highest of them; the borrower pays what the day of payment asks for."),
        columns=[Column(_("day")), *(Column(title, is_number=True) for title in titles)],
        rows=[
            [
                lender_date(date.fromisoformat(day["on"])),
                *(money(day[name], quote.loan.currency) for name in names),
            ]
            for day in quote.days
        ],
        empty="",
    )


def _what_it_paid(payment: Payment) -> Table:
    """What the payment counts towards, as far as known today; a restatement may have moved it."""

    def shown(*amounts: int) -> list[str]:
        return [money(amount, payment.loan.currency) for amount in amounts]

    rows = [
        [line.number, *shown(line.fee_minor, 0, line.interest_minor, line.principal_minor)]
        for line in payment.allocations.order_by("number")
    ]
    parts = (payment.fee_minor, payment.penalty_minor, payment.interest_minor, payment.principal_minor)
    if not payment.is_returned:
        rows.append([gettext("Total"), *shown(*parts)])
    note = ""
    if payment.unapplied_minor and not payment.is_returned:
        credit = money(payment.unapplied_minor, payment.loan.currency)
        note = gettext("%(credit)s are kept as a credit of the borrower.") % {"credit": credit}
    return Table(
        title=_("What it paid"),
        columns=[
            Column(_("installment")),
            Column(_("fee"), is_number=True),
            Column(_("penalty"), is_number=True),
            Column(_("interest"), is_number=True),
            Column(_("principal"), is_number=True),
        ],
        rows=rows,
        empty=_("Nothing: this payment was returned."),
        note=note,
    )

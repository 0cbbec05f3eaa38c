"""Money received and visits to the payment provider, for reading; a payment that did not hold is returned by name."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import money
from loans.admin import FoundByLoan, loan_link
from repayments import bank_admin  # noqa: F401 – registers the pages of bank statements
from repayments.forms import ReturnPaymentForm
from repayments.models import Checkout, Payment
from repayments.services.return_payment import return_payment


@admin.register(Payment)
class PaymentAdmin(FoundByLoan, ReadOnlyAdmin):
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
    actions_detail = ["return_payment"]

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
        tables = [_what_it_paid(payment)] if payment else []
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
        form = ReturnPaymentForm(request.POST or None, initial={"returned_on": lender_today()})
        if request.method == "POST" and form.is_valid():
            try:
                return_payment(
                    reference=payment.reference,
                    today=lender_today(),
                    actor=actor_of(request),
                    **form.cleaned_data,
                )
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, error.user_message)
            else:
                messages.success(request, gettext("The payment is returned and the loan restated."))
                return redirect("admin:repayments_payment_change", payment.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Return payment %(reference)s") % {"reference": payment.reference},
            "payment": payment,
            "form": form,
            "opts": self.opts,
        }
        return render(request, "repayments/return_payment.html", context)


@admin.register(Checkout)
class CheckoutAdmin(FoundByLoan, ReadOnlyAdmin):
    list_display = ["created_at", "loan_number", "amount", "status_shown", "payment"]
    list_select_related = ["loan", "payment"]
    list_filter = ["status"]
    ordering = ["-pk"]
    fields = ["token", "loan_number", "amount", "status", "created_at", "payment"]
    readonly_fields = fields

    @admin.display(description=_("loan"))
    def loan_number(self, checkout: Checkout) -> SafeString:
        return loan_link(checkout.loan)

    @admin.display(description=_("amount"))
    def amount(self, checkout: Checkout) -> str:
        return money(checkout.amount_minor, checkout.loan.currency)

    @display(description=_("status"), label={"PAID": "success", "DECLINED": "danger", "STARTED": "info"})
    def status_shown(self, checkout: Checkout) -> tuple[str, str]:
        return checkout.status, checkout.get_status_display()


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

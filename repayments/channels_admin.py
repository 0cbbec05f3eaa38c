"""
Payment channels for staff: visits to the provider, what it told us, autopay, and payments taken back.

`TakesBack` gives the page of a payment its receipt to print and the two acts of a chargeback.
"""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.money import EXPONENTS, format_minor
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import money
from loans.admin import FoundByLoan, loan_link
from repayments.channels_forms import ChargeBackForm, WinChargebackForm
from repayments.models import AutopayAttempt, AutopayMandate, Chargeback, Checkout, GatewayCallback, Payment
from repayments.presenting import ATTEMPT_TONES, attempts_table, collection_day_words
from repayments.services.charge_back import charge_back, win_chargeback


class TakesBack(ReadOnlyAdmin):
    """What staff do on the page of a payment beside reading it."""

    @action(description=_("Receipt to print"), url_path="receipt", permissions=["view"], icon="print")
    def receipt(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        payment = self.get_object(request, object_id)
        if payment is None:
            raise Http404
        part = getattr(payment, "group_part", None)
        payments = [payment]
        if part:
            together = Payment.objects.filter(group_part__group=part.group_id).select_related("loan__borrower")
            payments = list(together.order_by("group_part__position"))
        context = {
            "payments": payments,
            "first": payments[0],
            "total_minor": sum(one.amount_minor for one in payments),
            "currency": payment.loan.currency,
            "reference": part.group.reference if part else payment.reference,
        }
        return render(request, "repayments/paper_receipt.html", context)

    def has_charge_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.charge_back_payment")

    @action(
        description=_("Charge back"),
        url_path="charge-back",
        permissions=["charge_back"],
        icon="credit_card_off",
        variant=ActionVariant.DANGER,
    )
    def charge_back(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        payment = self._found(request, object_id)
        form = ChargeBackForm(request.POST or None, initial={"charged_back_on": lender_today()})
        if request.method == "POST" and form.is_valid():
            try:
                charge_back(
                    reference=payment.reference, today=lender_today(), actor=actor_of(request), **form.cleaned_data
                )
            except DomainError as error:
                field = "charged_back_on" if error.field == "returned_on" else error.field
                form.add_error(field if field in form.fields else None, error.user_message)
            else:
                messages.success(request, gettext("The payment is taken back, and the borrower is told."))
                return redirect("admin:repayments_payment_change", payment.pk)
        return self._ask(
            request,
            payment,
            form=None if payment.is_returned else form,
            title=gettext("Charge back payment %(reference)s") % {"reference": payment.reference},
            say=gettext("This payment is returned already.") if payment.is_returned else _told(payment),
            note=gettext(
                "The payer's bank took the money back. The loan is worked out again as if it had never come, and the "
                "borrower is told in one message."
            ),
            button=gettext("Charge back"),
        )

    @action(description=_("Chargeback won"), url_path="won", permissions=["charge_back"], icon="gavel")
    def win_chargeback(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        payment = self._found(request, object_id)
        record = Chargeback.objects.filter(payment=payment, won_on=None).first()
        form = WinChargebackForm(request.POST or None, initial={"won_on": lender_today()})
        if record and request.method == "POST" and form.is_valid():
            try:
                won = win_chargeback(
                    reference=payment.reference, today=lender_today(), actor=actor_of(request), **form.cleaned_data
                )
            except DomainError as error:
                field = {"received_on": "won_on", "reference": "won_reference"}.get(error.field or "", error.field)
                form.add_error(field if field in form.fields else None, error.user_message)
            else:
                messages.success(request, gettext("The money is booked as a new payment."))
                return redirect("admin:repayments_payment_change", won.pk)
        return self._ask(
            request,
            payment,
            form=form if record else None,
            title=gettext("Chargeback of payment %(reference)s won") % {"reference": payment.reference},
            say=_told(payment) if record else gettext("This payment has no chargeback that could be won."),
            note=gettext("The money that came back is booked as a new payment, with a reference of its own."),
            button=gettext("Book it again"),
        )

    def _found(self, request: HttpRequest, object_id: Any) -> Payment:
        payment: Payment | None = self.get_object(request, object_id)
        if payment is None:
            raise Http404
        return payment

    def _ask(self, request: HttpRequest, payment: Payment, **shown: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "payment": payment, "opts": self.opts, **shown}
        return render(request, "repayments/payment_form.html", context)


@admin.register(Checkout)
class CheckoutAdmin(FoundByLoan, ReadOnlyAdmin):
    list_display = ["created_at", "loan_number", "purpose", "amount", "really_received", "status_shown", "payment"]
    list_select_related = ["loan", "payment"]
    list_filter = ["status", "purpose", "provider"]
    ordering = ["-pk"]
    fields = [
        "token",
        "loan_number",
        "provider",
        "purpose",
        "amount",
        "really_received",
        "status",
        "failure",
        "created_at",
        "asked_at",
        "payment",
    ]
    readonly_fields = fields

    @display(description=_("really received"), label="danger")
    def really_received(self, checkout: Checkout) -> str | None:
        if checkout.received_minor is None:
            return None
        return money(checkout.received_minor, checkout.loan.currency)

    @admin.display(description=_("loan"))
    def loan_number(self, checkout: Checkout) -> SafeString:
        return loan_link(checkout.loan)

    @admin.display(description=_("amount"))
    def amount(self, checkout: Checkout) -> str:
        return money(checkout.amount_minor, checkout.loan.currency)

    @display(description=_("status"), label={"PAID": "success", "DECLINED": "danger", "STARTED": "info"})
    def status_shown(self, checkout: Checkout) -> tuple[str, str]:
        return checkout.status, checkout.get_status_display()


@admin.register(GatewayCallback)
class GatewayCallbackAdmin(ReadOnlyAdmin):
    """What payment providers told us. Messages that need a look could not be booked; the provider repeats them."""

    list_display = [
        "received_at",
        "provider",
        "kind",
        "checkout_token",
        "amount",
        "deliveries",
        "outcome_shown",
        "error",
    ]
    list_filter = ["outcome", "provider", "kind", "signature_ok"]
    ordering = ["-pk"]
    sortable_by = ()
    search_fields = ["checkout_token"]
    fields = [
        ("provider", "event_id"),
        ("kind", "reference"),
        ("checkout_token", "amount"),
        ("occurred_at", "failure"),
        ("received_at", "latest_at", "deliveries"),
        ("signature_ok", "body_hash"),
        ("outcome", "error"),
    ]
    readonly_fields = [
        "provider",
        "event_id",
        "kind",
        "reference",
        "checkout_token",
        "amount",
        "occurred_at",
        "failure",
        "received_at",
        "latest_at",
        "deliveries",
        "signature_ok",
        "body_hash",
        "outcome",
        "error",
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[GatewayCallback], search_term: str
    ) -> tuple[QuerySet[GatewayCallback], bool]:
        """Search by the checkout's whole token."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(checkout_token=UUID(term)), False
        except ValueError:
            return queryset.none(), False

    @admin.display(description=_("amount"))
    def amount(self, note: GatewayCallback) -> str:
        return f"{format_minor(note.amount_minor, note.currency)} {note.currency}" if note.currency in EXPONENTS else ""

    @display(
        description=_("outcome"),
        label={"BOOKED": "success", "PARKED": "warning", "FLAGGED": "danger", "REFUSED": "danger"},
    )
    def outcome_shown(self, note: GatewayCallback) -> tuple[str, str]:
        return note.outcome, note.get_outcome_display()


@admin.register(AutopayMandate)
class AutopayMandateAdmin(FoundByLoan, ReadOnlyAdmin):
    past_queue = "loan__borrower"
    list_display = ["loan_number", "borrower", "account_label", "day", "status_shown", "held_through", "consented_at"]
    list_select_related = ["loan__borrower"]
    list_filter = ["status", "timing"]
    ordering = ["-pk"]
    fields = [
        ("loan_number", "borrower"),
        ("account_label", "provider"),
        ("day", "day_chosen_on"),
        ("status", "held_through"),
        ("ended_at", "ended_because"),
        ("consented_at", "consented_by", "consent_version"),
        "consent_text",
    ]
    readonly_fields = [
        "loan_number",
        "borrower",
        "account_label",
        "provider",
        "day",
        "day_chosen_on",
        "status",
        "held_through",
        "ended_at",
        "ended_because",
        "consented_at",
        "consented_by",
        "consent_version",
        "consent_text",
    ]
    change_form_outer_after_template = "staff/tables.html"

    @admin.display(description=_("loan"))
    def loan_number(self, mandate: AutopayMandate) -> SafeString:
        return loan_link(mandate.loan)

    @admin.display(description=_("borrower"))
    def borrower(self, mandate: AutopayMandate) -> str:
        return mandate.loan.borrower.name

    @admin.display(description=_("collection day"))
    def day(self, mandate: AutopayMandate) -> str:
        return collection_day_words(mandate)

    @display(description=_("status"), label={"ACTIVE": "success", "PAUSED": "warning", "CANCELLED": "info"})
    def status_shown(self, mandate: AutopayMandate) -> tuple[str, str]:
        return mandate.status, mandate.get_status_display()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        mandate = self.get_object(request, object_id)
        tables = [attempts_table(mandate)] if mandate else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "tables": tables})


@admin.register(AutopayAttempt)
class AutopayAttemptAdmin(FoundByLoan, ReadOnlyAdmin):
    past_queue = "loan__borrower"
    list_display = ["scheduled_on", "loan_number", "due_on", "try_number", "amount", "status_shown", "failure"]
    list_select_related = ["loan"]
    list_filter = ["status", "failure"]
    ordering = ["-pk"]
    fields = [
        ("loan_number", "due_on", "try_number"),
        ("scheduled_on", "sent_at", "answered_on"),
        ("amount", "status", "failure"),
        ("token", "checkout"),
    ]
    readonly_fields = [
        "loan_number",
        "due_on",
        "try_number",
        "scheduled_on",
        "sent_at",
        "answered_on",
        "amount",
        "status",
        "failure",
        "token",
        "checkout",
    ]

    @admin.display(description=_("loan"))
    def loan_number(self, attempt: AutopayAttempt) -> SafeString:
        return loan_link(attempt.loan)

    @admin.display(description=_("amount"))
    def amount(self, attempt: AutopayAttempt) -> str:
        return money(attempt.amount_minor, attempt.loan.currency) if attempt.amount_minor else ""

    @display(description=_("status"), label=ATTEMPT_TONES)
    def status_shown(self, attempt: AutopayAttempt) -> tuple[str, str]:
        return attempt.status, attempt.get_status_display()


def _told(payment: Payment) -> str:
    return gettext("%(amount)s, received on %(day)s for loan %(loan)s.") % {
        "amount": money(payment.amount_minor, payment.loan.currency),
        "day": date_format(payment.received_on),
        "loan": payment.loan.number,
    }


def taken_back(payment: Payment) -> list[Table]:
    """What is known of the payment's chargeback; no table where there is none."""
    record = Chargeback.objects.select_related("won_payment").filter(payment=payment).first()
    if record is None:
        return []
    won = record.won_payment.reference if record.won_payment else ""
    return [
        Table(
            title=_("Taken back"),
            columns=[
                Column(_("taken back on")),
                Column(_("kind")),
                Column(_("told by")),
                Column(_("amount"), is_number=True),
                Column(_("reason")),
                Column(_("won back on")),
                Column(_("payment won back")),
            ],
            rows=[
                [
                    date_format(record.charged_back_on),
                    record.get_kind_display(),
                    record.get_source_display(),
                    money(record.amount_minor, payment.loan.currency),
                    record.reason,
                    date_format(record.won_on) if record.won_on else "",
                    won,
                ]
            ],
            empty="",
        )
    ]

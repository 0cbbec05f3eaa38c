"""Payouts for staff: where the money of each contract is, and the two acts that need a person."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from dashu.approvals.asking import asked_for_approval
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.step_up import proved_of
from dashu.users.actors import actor_of
from dashu.web.templatetags.dashu import money
from loans.admin import FoundByLoan, loan_link
from repayments.condition_words import conditions_in_words
from repayments.models import Payout
from repayments.services.request_payout import ask_payout, retry_payout

TONES = {
    "REQUESTED": "warning",
    "APPROVED": "info",
    "HELD": "warning",
    "SENT": "info",
    "ARRIVED": "success",
    "FAILED": "danger",
}


@admin.register(Payout)
class PayoutAdmin(FoundByLoan, ReadOnlyAdmin):
    list_display = [
        "loan_number",
        "borrower",
        "amount",
        "destination",
        "bank",
        "account_shown",
        "state",
        "requested_at",
    ]
    list_select_related = ["loan__borrower"]
    list_filter = ["status", "destination"]
    ordering = ["-pk"]
    fields = [
        ("loan_number", "number"),
        ("amount", "state"),
        ("destination", "bank", "account_shown"),
        ("due_on", "requested_at", "approved_by"),
        ("held_at", "waits_for"),
        ("sent_at", "asked_at", "attempts"),
        ("arrived_on", "ended_at", "failure"),
        ("provider", "provider_reference", "token"),
    ]
    readonly_fields = [name for line in fields for name in line]
    actions_detail = ["ask", "retry"]

    @admin.display(description=_("loan"))
    def loan_number(self, payout: Payout) -> SafeString:
        return loan_link(payout.loan)

    @admin.display(description=_("borrower"))
    def borrower(self, payout: Payout) -> str:
        return payout.loan.borrower.name

    @admin.display(description=_("amount"))
    def amount(self, payout: Payout) -> str:
        return money(payout.amount_minor, payout.loan.currency)

    @display(description=_("status"), label=TONES)
    def state(self, payout: Payout) -> tuple[str, str]:
        return payout.status, payout.get_status_display()

    @admin.display(description=_("waits for"))
    def waits_for(self, payout: Payout) -> str:
        return " ".join(conditions_in_words(payout.held_because)) or "–"

    def has_ask_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.ask_payout")

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.retry_payout")

    @action(description=_("Ask for approval"), url_path="ask", permissions=["ask"], icon="approval")
    @proved_of()
    def ask(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        payout = self._found(request, object_id)
        person: Any = request.user
        form, asked = asked_for_approval(
            request,
            lambda reason, key, today: ask_payout(
                payout_id=payout.pk, reason=reason, user=person, today=today, idempotency_key=f"payout:{key}"
            ),
        )
        if asked:
            messages.success(request, asked.get_status_display())
            return redirect("admin:approvals_approvalrequest_change", asked.pk)
        return self._ask(
            request,
            payout,
            form=form,
            title=gettext("Ask for approval"),
            note=gettext("Another person decides. Nothing is sent until then."),
            button=gettext("Ask for approval"),
        )

    @action(description=_("Try again"), url_path="retry", permissions=["retry"], icon="replay")
    @proved_of()
    def retry(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        payout = self._found(request, object_id)
        if request.method == "POST":
            try:
                again = retry_payout(loan_id=payout.loan_id, now=lender_now(), actor=actor_of(request))
            except DomainError as error:
                messages.error(request, error.user_message)
                return redirect("admin:repayments_payout_change", payout.pk)
            messages.success(request, again.get_status_display())
            return redirect("admin:repayments_payout_change", again.pk)
        return self._ask(
            request,
            payout,
            form=None,
            title=gettext("Try the payout again"),
            note=gettext("Only a payout that the provider said did not go is tried again, so nothing is sent twice."),
            button=gettext("Try again"),
        )

    def _found(self, request: HttpRequest, object_id: Any) -> Payout:
        payout: Payout | None = self.get_object(request, object_id)
        if payout is None:
            raise Http404
        return payout

    def _ask(self, request: HttpRequest, payout: Payout, **shown: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "text": f"{payout.loan.number} · {self.amount(payout)} · {payout.bank} {payout.account_shown}",
            "back": reverse("admin:repayments_payout_change", args=[payout.pk]),
            **shown,
        }
        return render(request, "staff/act.html", context)

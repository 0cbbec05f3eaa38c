"""The loan page's way to a refund of credit: a form that asks for it; another person decides."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.web.forms import add_refusal
from loans.models import Loan
from repayments.forms import RefundCreditForm
from repayments.selectors.refunds import credit_of
from repayments.services.ask_refund import ask_refund


class RefundsCredit:
    """For the admin of loans."""

    admin_site: Any
    opts: Any
    get_object: Callable[..., Loan | None]

    def has_refund_credit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.refund_payment")

    @action(
        description=_("Refund the credit"), url_path="refund", permissions=["refund_credit"], icon="currency_exchange"
    )
    def refund_credit(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        loan = self.get_object(request, object_id)
        if loan is None:
            raise Http404
        credit = credit_of(loan, today=lender_today())
        form = RefundCreditForm(request.POST or None, currency=loan.currency, free_minor=credit.free)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                asked = ask_refund(
                    loan_id=loan.pk,
                    amount_minor=given["amount"],
                    to=given["to"],
                    reason=given["reason"],
                    user=request.user,  # type: ignore[arg-type]
                    today=lender_today(),
                    idempotency_key=str(given["key"]),
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, gettext("The refund is asked for. Another person decides."))
                return redirect("admin:approvals_approvalrequest_change", asked.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Refund the credit of loan %(loan)s") % {"loan": loan.number},
            "loan": loan,
            "credit": credit,
            "form": form,
            "opts": self.opts,
        }
        return render(request, "repayments/refund_credit.html", context)

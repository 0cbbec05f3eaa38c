"""The cash desk: an action on the page of a loan."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.channels_forms import CashForm
from repayments.selectors.standings import standings_of
from repayments.services.cash_desk import take_cash

PAYABLE = (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF)


class CashDesk:
    """Adds "take cash" to the admin page of loans."""

    admin_site: Any
    opts: Any
    get_object: Any

    def has_take_cash_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.cash_payment")

    @action(description=_("Take cash"), url_path="cash", permissions=["take_cash"], icon="payments")
    def take_cash(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        loan: Loan | None = self.get_object(request, object_id)
        if loan is None:
            raise Http404
        today = lender_today()
        siblings = Loan.objects.filter(borrower=loan.borrower_id, currency=loan.currency, status__in=PAYABLE)
        others = list(siblings.exclude(pk=loan.pk).order_by("pk")[:20])
        form = CashForm(request.POST or None, loan=loan, others=others, initial={"received_on": today})
        if request.method == "POST" and form.is_valid():
            try:
                receipt = take_cash(
                    loan_id=loan.pk,
                    amount_minor=form.amount_minor,
                    received_on=form.cleaned_data["received_on"],
                    today=today,
                    receipt_number=form.cleaned_data["receipt_number"],
                    accepts_credit=form.cleaned_data["accepts_credit"],
                    other_parts=form.other_parts,
                    actor=actor_of(request),
                )
            except DomainError as refusal:
                field = "receipt_number" if refusal.field == "reference" else refusal.field
                form.add_error(field if field in form.fields else None, refusal.user_message)
            else:
                messages.success(request, gettext("The cash is booked."))
                return redirect("admin:repayments_payment_receipt", receipt.payments[0].pk)
        standings = standings_of([loan, *others], today=today)
        owed = [
            (one, money(standings[one.pk].due_now, one.currency), money(standings[one.pk].left_to_pay, one.currency))
            for one in (loan, *others)
            if one.pk in standings
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Cash for loan %(number)s") % {"number": loan.number},
            "loan": loan,
            "owed": owed,
            "form": form,
            "opts": self.opts,
        }
        return render(request, "repayments/take_cash.html", context)

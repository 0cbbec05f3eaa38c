"""The borrower's credit record, month by month, and objecting to what it says."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from collections_mgmt.forborne_words import borrower_sentences
from collections_mgmt.models import Dispute, RestructuringPlan
from collections_mgmt.selectors.credit_records import CreditRecord, credit_records, reading_of
from collections_mgmt.selectors.relief_plans import forborne_plans
from collections_mgmt.services.disputes import (
    add_statement,
    dispute_record,
    longest_statement,
    withdraw_dispute,
)
from dashu.credit_reporting.selectors.told import latest_told
from dashu.kernel.dates import lender_date, lender_now, lender_today, month_end_of
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.portal.complaining import complaints_shown
from dashu.portal.own_borrower import own_borrower
from dashu.portal.trouble.credit_words import (
    Explained,
    ShownYear,
    explained_codes,
    month_name,
    months_in_words,
    months_short,
    shown_years,
)
from dashu.portal.trouble.forms import DisputeForm, StatementOfOwnForm
from dashu.portal.trouble.own import loans_of, own_asked
from dashu.users.actors import actor_of
from dashu.web.forms import add_refusal
from loans.models import Loan


@dataclass(frozen=True, slots=True)
class Shown:
    """
    One loan with its record.

    :param noted_on: the day on which the latest month was noted.
    :param adverse: the months that speak against the borrower, in words.
    :param told: the latest month that the bureau was told, and on which day; None where it was told nothing.
    :param changed: what is reported of a plan of relief and until when it counts; empty without one.
    """

    loan: Loan
    record: CreditRecord
    years: tuple[ShownYear, ...]
    noted_on: date | None
    latest: Explained | None
    adverse: str
    changed: list[str]
    told: tuple[str, date] | None


@login_required
@require_GET
def credit_record(request: HttpRequest) -> HttpResponse:
    borrower, today = own_borrower(request), lender_today()
    loans = list(loans_of(request, borrower))
    records = credit_records(loans, today=today)
    codes = explained_codes(reading_of(today))
    plans = forborne_plans(records, today)
    told = latest_told(list(records))
    seen = {cell.code for record in records.values() for cell in record.noted}
    return render(
        request,
        "portal/trouble/credit_record.html",
        {
            "shown": [_shown(loan, records[loan.pk], codes, plans.get(loan.pk), told.get(loan.pk)) for loan in loans],
            "codes": [each for each in codes.values() if each.is_usual or each.code in seen],
            "months": months_short(),
            "is_clean": not any(record.adverse for record in records.values()),
            "rule": policy.adverse_record(today),
            "dispute_days": policy.answer_clock("dispute", today).days,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def dispute(request: HttpRequest, number: str) -> HttpResponse:
    """Object to a month of a loan's record, or to all of it."""
    borrower, today = own_borrower(request), lender_today()
    loan = get_object_or_404(loans_of(request, borrower), number=number)
    record = credit_records([loan], today=today)[loan.pk]
    form = DisputeForm(
        request.POST if request.method == "POST" else None,
        cells=record.noted,
        initial={"month": request.GET.get("month", "")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = dispute_record(
                borrower_id=borrower.pk,
                loan_id=loan.pk,
                month=form.cleaned_data["month"],
                words=form.cleaned_data["words"],
                now=lender_now(),
                actor=actor_of(request),
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("portal:dispute_status", made.reference)
    due_on = policy.answer_clock("dispute", today).due_on(today)
    return render(request, "portal/trouble/dispute.html", {"loan": loan, "form": form, "due_on": due_on})


@login_required
@require_http_methods(["GET", "POST"])
def dispute_status(request: HttpRequest, reference: str) -> HttpResponse:
    """Show how an objection stands; a POST takes it back or adds a statement to what stands."""
    found: Dispute = own_asked(request, Dispute, reference)
    longest = longest_statement(lender_today())
    form = StatementOfOwnForm(
        request.POST if "statement" in request.POST else None, initial={"statement": found.statement}, longest=longest
    )
    if request.method == "POST" and "withdraw" in request.POST:
        withdraw_dispute(dispute_id=found.pk, now=lender_now(), actor=actor_of(request))
        return redirect("portal:dispute_status", found.reference)
    if form.is_bound and form.is_valid():
        words = form.cleaned_data["statement"]
        try:
            add_statement(dispute_id=found.pk, words=words, now=lender_now(), actor=actor_of(request))
        except DomainError as refusal:
            form.add_error("statement" if refusal.field == "words" else None, refusal.user_message)
        else:
            messages.success(request, _("This stands beside the record from now on."))
            return redirect("portal:dispute_status", found.reference)
    return render(
        request,
        "portal/trouble/dispute_status.html",
        {
            "dispute": found,
            "month": month_name(found.month) if found.month else "",
            "form": form,
            "longest": longest,
            "words": complaints_shown(),
        },
    )


def _shown(
    loan: Loan,
    record: CreditRecord,
    codes: dict[str, Explained],
    plan: RestructuringPlan | None,
    told: tuple[date, datetime] | None,
) -> Shown:
    latest = record.latest
    return Shown(
        loan=loan,
        record=record,
        years=shown_years(record.years, codes),
        noted_on=month_end_of(latest.month) if latest else None,
        latest=codes.get(latest.code) if latest else None,
        adverse=months_in_words(record.adverse),
        changed=borrower_sentences(plan) if plan else [],
        told=(month_name(told[0]), lender_date(told[1])) if told else None,
    )

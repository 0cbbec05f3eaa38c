"""A borrower's own complaints: making one, reading the answers, and saying that an answer does not help."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from collections_mgmt.models import Complaint
from collections_mgmt.services.complaints import make_complaint, write_on
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.portal.complaining import complaints_shown
from dashu.portal.own_borrower import own_borrower
from dashu.portal.trouble.forms import ComplaintForm, WordsForm
from dashu.portal.trouble.own import loans_of, own_asked
from dashu.users.actors import actor_of
from dashu.web.forms import add_refusal


@login_required
@require_http_methods(["GET", "POST"])
def new_complaint(request: HttpRequest) -> HttpResponse:
    borrower, today = own_borrower(request), lender_today()
    form = ComplaintForm(
        request.POST if request.method == "POST" else None,
        loans=list(loans_of(request, borrower)),
        initial={"key": uuid.uuid4(), "loan": request.GET.get("loan", "")},
    )
    if request.method == "POST" and form.is_valid():
        loan = form.cleaned_data["loan"]
        try:
            complaint = make_complaint(
                borrower_id=borrower.pk,
                loan_id=loan.pk if loan else None,
                about=form.cleaned_data["about"],
                words=form.cleaned_data["words"],
                wish=form.cleaned_data["wish"],
                key=form.cleaned_data["key"],
                now=lender_now(),
                actor=actor_of(request),
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("portal:complaint", complaint.reference)
    due_on = policy.answer_clock("complaint", today).due_on(today)
    return render(request, "portal/trouble/new_complaint.html", {"form": form, "due_on": due_on})


@login_required
@require_http_methods(["GET", "POST"])
def complaint(request: HttpRequest, reference: str) -> HttpResponse:
    """Show a complaint with all that was written; a POST adds to it or, after an answer, opens it again."""
    found: Complaint = own_asked(request, Complaint, reference)
    form = WordsForm(request.POST if request.method == "POST" else None, initial={"key": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            write_on(
                complaint_id=found.pk,
                words=form.cleaned_data["words"],
                key=form.cleaned_data["key"],
                now=lender_now(),
                actor=actor_of(request),
            )
        except DomainError as refusal:
            form.add_error("words" if refusal.field == "words" else None, refusal.user_message)
        else:
            return redirect("portal:complaint", found.reference)
    return render(
        request,
        "portal/trouble/complaint.html",
        {
            "complaint": found,
            "thread": list(found.messages.all()),
            "form": form,
            "may_write": found.is_open or found.reopened_at is None,
            "words": complaints_shown(),
        },
    )

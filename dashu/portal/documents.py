"""Papers for the borrower: issued on the spot, in the language that they read, and kept for later."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods

from dashu.documents.codes import read_code
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.portal.forms import StatementForm
from dashu.portal.own_loans import loans_for
from dashu.users.actors import actor_of
from loans.models import Loan
from repayments.models import IssuedDocument
from repayments.papers.serving import file_response, site_of
from repayments.services.documents import hand_out, issue_certificate, issue_statement

SHOWN = 50


@login_required
@require_http_methods(["GET", "POST"])
def documents(request: HttpRequest, number: str) -> HttpResponse:
    """List the papers of a loan; a POST issues a certificate or the statement of a period."""
    loan = get_object_or_404(loans_for(request), number=number)
    today = lender_today()
    initial = {"first": max(loan.starts_on, today.replace(month=1, day=1)), "last": today}
    is_statement = request.method == "POST" and "certificate" not in request.POST
    form = StatementForm(request.POST if is_statement else None, initial=initial)
    problem = ""
    if request.method == "POST" and (not is_statement or form.is_valid()):
        about: dict[str, Any] = {
            "loan_id": loan.pk,
            "language": get_language(),
            "now": lender_now(),
            "site": site_of(request),
            "actor": actor_of(request),
        }
        try:
            if is_statement:
                issue_statement(**about, **form.cleaned_data)
            else:
                issue_certificate(**about)
        except DomainError as refusal:
            if is_statement:
                form.add_error("last" if refusal.field == "last" else None, refusal.user_message)
            else:
                problem = refusal.user_message
        else:
            return redirect("portal:documents", loan.number)
    found = IssuedDocument.objects.visible_to(request.user).filter(loan=loan).prefetch_related("files")
    return render(
        request,
        "portal/documents.html",
        {
            "loan": loan,
            "documents": found[:SHOWN],
            "form": form,
            "problem": problem,
            "is_settled": loan.status == Loan.Status.SETTLED,
            "is_paid_out": loan.status not in Loan.NOT_PAID_OUT,
        },
    )


@login_required
@require_GET
def document_file(request: HttpRequest, number: str, code: str, format: str) -> HttpResponse:
    mine = IssuedDocument.objects.visible_to(request.user).filter(loan__number=number)
    document = get_object_or_404(mine, code=read_code(code) or "")
    try:
        return file_response(document, hand_out(document, format=format, actor=actor_of(request)))
    except DomainError as refusal:
        raise Http404 from refusal

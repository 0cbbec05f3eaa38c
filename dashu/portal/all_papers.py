"""Every paper of a borrower in one list: contracts, what was issued about their loans, receipts, and what they sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from dashu.kernel.dates import lender_date
from dashu.users.models import User
from dashu.web.templatetags.dashu import money
from loans.models import ApplicationDocument, Loan, LoanContract, LoanQuerySet
from repayments.models import IssuedDocument, IssuedFile, Payment

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Way:
    """A link to a paper, or to one of its files."""

    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """:param about: the loan or the application, and what else tells it from others. :param ways: where it is read."""

    kind: str
    icon: str
    name: str | Promise
    about: str
    on: date
    ways: tuple[Way, ...]
    is_revoked: bool = False


KINDS = {
    "contract": gettext_lazy("Contracts"),
    "issued": gettext_lazy("Certificates and statements"),
    "receipt": gettext_lazy("Receipts"),
    "sent": gettext_lazy("Sent by you"),
}


@login_required
@require_GET
def all_papers(request: HttpRequest) -> HttpResponse:
    """List the papers, the latest first, all or those of one kind."""
    user = request.user
    assert isinstance(user, User)
    chosen = request.GET.get("kind", "")
    sources = {"contract": _contracts, "issued": _issued, "receipt": _receipts, "sent": _sent}
    asked = [sources[chosen]] if chosen in sources else list(sources.values())
    sheets = sorted((sheet for source in asked for sheet in source(user)), key=lambda sheet: sheet.on, reverse=True)
    return render(
        request,
        "portal/all_papers.html",
        {
            "sheets": sheets[:SHOWN],
            "is_cut": len(sheets) > SHOWN,
            "kinds": KINDS.items(),
            "chosen": chosen if chosen in sources else "",
            "loans": list(_own_loans(user).values_list("number", flat=True)),
        },
    )


def _own_loans(user: User) -> LoanQuerySet:
    return Loan.objects.visible_to(user).filter(borrower__user=user).exclude(status__in=Loan.NOT_PAID_OUT)


def _contracts(user: User) -> Iterator[Sheet]:
    found = LoanContract.objects.visible_to(user).filter(application__borrower__user=user)
    for contract in found.defer("pdf").select_related("application").order_by("-signed_at")[: SHOWN + 1]:
        address = reverse("portal:application_contract", args=[contract.application.reference])
        on = lender_date(contract.signed_at)
        yield Sheet("contract", "file-text", _("Loan contract"), contract.number, on, (Way("PDF", address),))


def _issued(user: User) -> Iterator[Sheet]:
    files = Prefetch("files", IssuedFile.objects.defer("content").order_by("format"))
    found = IssuedDocument.objects.visible_to(user).filter(loan__borrower__user=user)
    for paper in found.select_related("loan").prefetch_related(files)[: SHOWN + 1]:
        ways = tuple(
            Way(
                file.format,
                reverse("portal:document_file", args=[paper.loan.number, paper.code_shown, file.format.lower()]),
            )
            for file in paper.files.all()
        )
        icon = "shield-check" if paper.kind == IssuedDocument.Kind.SETTLEMENT_CERTIFICATE else "file-text"
        about = f"{paper.loan.number} · {paper.number}"
        name = IssuedDocument.Kind(paper.kind).label
        yield Sheet("issued", icon, name, about, lender_date(paper.issued_at), ways, bool(paper.revoked_at))


def _receipts(user: User) -> Iterator[Sheet]:
    found = Payment.objects.visible_to(user).filter(loan__borrower__user=user)
    for payment in found.select_related("loan").order_by("-received_on", "-event_id")[: SHOWN + 1]:
        name = _("Receipt of %(amount)s") % {"amount": money(payment.amount_minor, payment.loan.currency)}
        ways = (Way(_("Read it"), reverse("portal:receipt", args=[payment.reference])),)
        yield Sheet("receipt", "receipt", name, payment.loan.number, payment.received_on, ways, payment.is_returned)


def _sent(user: User) -> Iterator[Sheet]:
    """What was sent with applications; a file opens once it was checked."""
    found = ApplicationDocument.objects.filter(
        application__borrower__user=user, removed_at=None, scan=ApplicationDocument.Scan.CLEAN
    )
    for paper in found.select_related("application").order_by("-added_at")[: SHOWN + 1]:
        reference = paper.application.reference
        address = reverse("portal:document_link", args=[reference, paper.pk])
        about = f"{paper.name} · {reference}"
        name = ApplicationDocument.Kind(paper.kind).label
        yield Sheet("sent", "pencil", name, about, lender_date(paper.added_at), (Way(_("Read it"), address),))

"""
The papers of an application: sent in the wizard or later, listed with what became of each, opened by short-lived links.

The applicant sends and removes them; staff who may view applications open them through the same two addresses.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.portal.applying.links import LinkExpired, LinkWrong, opened_token, signed_token
from dashu.portal.applying.own import own_application
from dashu.uploads import is_too_large
from dashu.users.actors import actor_of
from dashu.web.forms import add_refusal
from dashu.web.posting import sent_from
from loans.domain.applications import Status
from loans.domain.document_files import MOST_MEGABYTES, DocumentRefused, Reason
from loans.models import Application, ApplicationDocument
from loans.services.add_document import MOST_DOCUMENTS, TAKEN_WHILE, add_document
from loans.services.hand_out_document import hand_out_document
from loans.services.remove_document import remove_document

Kind = ApplicationDocument.Kind
Scan = ApplicationDocument.Scan
_TONES = {Scan.WAITING: ("calm", "clock"), Scan.CLEAN: ("good", "check"), Scan.REFUSED: ("late", "triangle-alert")}


class PaperForm(forms.Form):
    """A file and what it is. Its content is looked at by the service."""

    kind = forms.ChoiceField(label=_("What is it?"), choices=Kind.choices, required=False)
    file = forms.FileField(
        label=_("The file"),
        help_text=_("A PDF or a photo (JPEG, PNG) of at most %(most)s MB. It is kept encrypted."),
        required=False,
        allow_empty_file=True,
        max_length=500,
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"}),
        error_messages={"invalid": _("Please choose the file again.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = self.fields["file"].help_text % {"most": MOST_MEGABYTES}


@dataclass(frozen=True, slots=True)
class Paper:
    """A line of the list, in words."""

    id: int
    name: str
    kind: Any
    size: str
    state: Any
    tone: str
    icon: str
    refusal: str
    is_ready: bool


def papers_of(application: Application) -> list[Paper]:
    return [_paper(document) for document in application.documents.filter(removed_at=None).order_by("pk")]


def papers_page(
    request: HttpRequest, application: Application, form: PaperForm | None = None, **more: Any
) -> HttpResponse:
    """Show the papers. :param more: in the wizard: `steps`, `place` and `before`, see the template."""
    listed = papers_of(application)
    context = {
        "application": application,
        "papers": listed,
        "form": form or PaperForm(),
        "is_open": application.status in TAKEN_WHILE,
        "is_full": len(listed) >= MOST_DOCUMENTS,
        "most": MOST_DOCUMENTS,
    }
    return render(request, "portal/applying/papers.html", {**context, **more})


def take_paper(request: HttpRequest, application: Application) -> PaperForm | None:
    """Take the file that was sent, if there is one; return the form where something is wrong with it."""
    form = PaperForm(request.POST, request.FILES)
    if is_too_large(request):
        form.add_error("file", DocumentRefused(Reason.TOO_LARGE).user_message)
    is_asked = "add" in request.POST
    if not form.is_valid():
        return form
    file = form.cleaned_data["file"]
    if file is None:
        if is_asked:
            form.add_error("file", gettext("Choose a file first."))
        return form if is_asked else None
    try:
        if file.size > MOST_MEGABYTES * 1024**2:  # before it is read
            raise DocumentRefused(Reason.TOO_LARGE)
        add_document(
            application_id=application.pk,
            kind=form.cleaned_data["kind"],
            name=file.name,
            content=file.read(),
            now=lender_now(),
            actor=actor_of(request),
        )
    except DomainError as refusal:
        add_refusal(form, refusal)
        return form
    return None


@login_required
@require_http_methods(["GET", "POST"])
def papers(request: HttpRequest, reference: str) -> HttpResponse:
    """The papers after the application was handed in; before, they are a step of it."""
    application = own_application(request, reference)
    if application.status == Status.DRAFT:
        return redirect("portal:application_step", reference, "documents")
    if request.method == "POST":
        if form := take_paper(request, application):
            return papers_page(request, application, form)
        return redirect("portal:application_papers", reference)
    return papers_page(request, application)


@login_required
@sent_from("portal:application_papers", "reference")
def remove(request: HttpRequest, reference: str, document_id: int) -> HttpResponse:
    application = own_application(request, reference)
    try:
        remove_document(
            application_id=application.pk, document_id=document_id, now=lender_now(), actor=actor_of(request)
        )
    except DomainError as refusal:
        if refusal.http_status == 404:
            raise Http404 from refusal
        messages.error(request, refusal.user_message)
    return redirect("portal:application_papers", reference)


@login_required
@require_GET
def link(request: HttpRequest, reference: str, document_id: int) -> HttpResponse:
    """Make a link that is valid for five minutes, for this person only, and follow it."""
    document = get_object_or_404(_mine(request), application__reference=reference, pk=document_id)
    if not document.is_ready:
        raise Http404
    return redirect("portal:document_file", signed_token(document.pk, user_id=_person(request).pk))


@login_required
@require_GET
def file(request: HttpRequest, token: str) -> HttpResponse:
    try:
        document_id = opened_token(token, user_id=_person(request).pk)
    except LinkExpired as expired:
        document = get_object_or_404(_mine(request), pk=expired.document_id)
        return render(request, "portal/applying/link_expired.html", {"document": document}, status=410)
    except LinkWrong as wrong:
        raise Http404 from wrong
    document = get_object_or_404(_mine(request), pk=document_id)
    try:
        content = hand_out_document(document, actor=actor_of(request))
    except (DomainError, FileNotFoundError) as refusal:
        raise Http404 from refusal
    return HttpResponse(
        content,
        content_type=document.content_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.name)}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _mine(request: HttpRequest) -> QuerySet[ApplicationDocument]:
    """Return what this person may open: their own, and all for staff who may view applications."""
    person = _person(request)
    found = ApplicationDocument.objects.visible_to(person).kept().select_related("application")
    return found if person.is_staff else found.filter(Q(application__borrower__user=person))


def _person(request: HttpRequest) -> Any:
    return request.user


def _paper(document: ApplicationDocument) -> Paper:
    tone, icon = _TONES[Scan(document.scan)]
    return Paper(
        id=document.pk,
        name=document.name,
        kind=document.get_kind_display(),
        size=_size(document.size),
        state=document.get_scan_display(),
        tone=tone,
        icon=icon,
        refusal=document.refusal,
        is_ready=document.is_ready,
    )


def _size(size: int) -> str:
    """Return a size as people read it, "340 KB" or "2.1 MB"."""
    if size < 1024**2:
        return f"{max(1, size // 1024)} KB"
    tenths = size * 10 // 1024**2
    return f"{tenths // 10}.{tenths % 10} MB"

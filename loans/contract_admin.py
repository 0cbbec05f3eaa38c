"""Signed contracts and what they promise, for staff: the paper with its evidence, and promises that come due."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of
from dashu.web.forms import add_refusal
from dashu.web.writing import named
from loans.models import Covenant, LoanContract
from loans.services.covenants import LONGEST_NOTE, decide_covenant
from loans.services.sign_contract import hand_out_contract

TONES = {"OPEN": "info", "MET": "success", "MISSED": "danger"}


@admin.register(LoanContract)
class LoanContractAdmin(ReadOnlyAdmin):
    list_display = ["number", "borrower", "loans", "signed_at", "withdrawn_at"]
    list_select_related = ["application__borrower"]
    ordering = ["-pk"]
    fields = [
        ("number", "borrower"),
        "loans",
        ("signed_at", "language", "code_shown"),
        ("bank", "masked_account"),
        "withdrawn_at",
        ("sha256", "evidence_digest"),
        "evidence_shown",
    ]
    readonly_fields = [name for line in fields for name in ([line] if isinstance(line, str) else line)]
    actions_detail = ["paper"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoanContract]:
        found: QuerySet[LoanContract] = super().get_queryset(request)
        return found.defer("pdf").prefetch_related("tranches__loan")

    @admin.display(description=_("borrower"))
    def borrower(self, contract: LoanContract) -> str:
        return contract.application.borrower.name

    @admin.display(description=_("loans"))
    def loans(self, contract: LoanContract) -> SafeString:
        links = (
            (reverse("admin:loans_loan_change", args=[each.loan_id]), each.loan.number)
            for each in contract.tranches.all()
        )
        return format_html_join(", ", '<a href="{}">{}</a>', links)

    @admin.display(description=_("evidence"))
    def evidence_shown(self, contract: LoanContract) -> SafeString:
        text = json.dumps(contract.evidence, ensure_ascii=False, indent=2)
        return format_html('<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>', text)

    @action(description=_("Contract (PDF)"), url_path="paper", permissions=["view"], icon="picture_as_pdf")
    def paper(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        contract = self.get_object(request, object_id)
        if contract is None:
            raise Http404
        return HttpResponse(
            hand_out_contract(contract, actor=actor_of(request)),
            content_type="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="{contract.number}.pdf"',
                "Cache-Control": "private, no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


class CovenantForm(forms.Form):
    is_met = forms.TypedChoiceField(
        label=_("Outcome"),
        choices=[("1", _("Kept")), ("0", _("Not asked for"))],
        coerce=lambda text: text == "1",
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        help_text=_("On what it rests, such as the paper that was sent."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


@admin.register(Covenant)
class CovenantAdmin(ReadOnlyAdmin):
    """The list begins with what is due next."""

    list_display = ["due_on", "promise", "business", "contract", "state"]
    list_select_related = ["contract__application__business"]
    list_filter = ["status", "due_on"]
    ordering = ["due_on", "pk"]
    fields = [("contract", "business"), "promise", ("due_on", "state"), ("decided_at", "decided_by"), "note"]
    readonly_fields = ["contract", "business", "promise", "due_on", "state", "decided_at", "decided_by", "note"]
    actions_detail = ["decide"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Covenant]:
        found: QuerySet[Covenant] = super().get_queryset(request)
        return found.select_related("contract__application__business")

    @admin.display(description=_("promise"))
    def promise(self, covenant: Covenant) -> str:
        return named(covenant.words)

    @admin.display(description=_("business"))
    def business(self, covenant: Covenant) -> str:
        found = getattr(covenant.contract.application, "business", None)
        return found.name if found else "–"

    @display(description=_("status"), label=TONES)
    def state(self, covenant: Covenant) -> tuple[str, str]:
        return covenant.status, covenant.get_status_display()

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("loans.decide_covenant")

    @action(description=_("Record the outcome"), url_path="decide", permissions=["decide"], icon="task_alt")
    def decide(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        covenant = self.get_object(request, object_id)
        if covenant is None:
            raise Http404
        address = reverse("admin:loans_covenant_change", args=[covenant.pk])
        form = CovenantForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                done = decide_covenant(
                    covenant_id=covenant.pk, now=lender_now(), actor=actor_of(request), **form.cleaned_data
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, done.get_status_display())
                return redirect(address)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Record the outcome"),
            "text": f"{self.business(covenant)} · {self.promise(covenant)} · {covenant.due_on}",
            "form": form,
            "button": gettext("Record it"),
            "back": address,
        }
        return render(request, "staff/act.html", context)

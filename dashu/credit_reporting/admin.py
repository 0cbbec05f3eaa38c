"""Files for credit bureaus in the back office: what is due, each file with its rows, and what was told of one loan."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from dashu.approvals.asking import asked_for_approval
from dashu.credit_reporting.forms import AnswerForm, ConsentForm, DiscardForm, NoFields
from dashu.credit_reporting.models import RecordCorrection, ReportedRecord, ReportingConsent, ReportingFile
from dashu.credit_reporting.pages import (
    due_table,
    file_figures,
    file_tables,
    loan_tables,
    record_link,
    waiting_corrections,
)
from dashu.credit_reporting.services.consents import end_consent, note_consent
from dashu.credit_reporting.services.steps import ask_approval, discard_file, send_file
from dashu.credit_reporting.services.take_answer import build_resubmission, take_answer
from dashu.credit_reporting.stored_files import content_of
from dashu.credit_reporting.words import held_words, month_name
from dashu.kernel.dates import lender_now, lender_today
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of, person_of
from dashu.web.act_pages import ask_and_do
from loans.models import Loan

Status = ReportingFile.Status
TONES = {
    Status.BUILT: "info",
    Status.APPROVED: "info",
    Status.ACCEPTED: "success",
    Status.PARTLY_REJECTED: "warning",
}
ASK, SEND = "credit_reporting.approve_reportingfile", "credit_reporting.send_reportingfile"


@admin.register(ReportingFile)
class ReportingFileAdmin(ReadOnlyAdmin):
    list_display = ["file_name", "month_shown", "kind", "state", "records", "held", "deadline_on", "sent_at"]
    list_filter = ["status", "kind"]
    ordering = ["-pk"]
    list_before_template = "staff/tables.html"
    fields = [
        ("bureau", "kind", "month_shown"),
        ("sequence", "layout", "of"),
        ("sha256", "size"),
        ("built_by", "sent_by"),
    ]
    readonly_fields = ["month_shown"]
    change_form_outer_before_template = "staff/figures.html"
    change_form_outer_after_template = "staff/tables.html"
    actions_detail = ["ask", "take", "answer", "resubmit", "discard"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        today = lender_today()
        try:
            rules = policy.credit_reporting(today)
            tables = [due_table(rules, today=today), waiting_corrections(rules.bureau, rules.layout)]
        except PolicyRuleMissing:
            tables = []
        return super().changelist_view(request, {**(extra_context or {}), "tables": tables})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        file = self.get_object(request, object_id)
        shown = {"figures": file_figures(file), "tables": file_tables(file)} if file else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    @admin.display(description=_("file"))
    def file_name(self, file: ReportingFile) -> str:
        return file.name

    @admin.display(description=_("month"))
    def month_shown(self, file: ReportingFile) -> str:
        return month_name(file.month)

    @display(description=_("status"), label=TONES)
    def state(self, file: ReportingFile) -> tuple[str, Any]:
        return file.status, file.get_status_display()

    @admin.display(description=_("records"))
    def records(self, file: ReportingFile) -> str:
        return f"{file.totals.get('records', 0):,}"

    def has_ask_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(ASK) and self._is_at(object_id, Status.BUILT)

    def has_take_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        at = (Status.APPROVED, Status.SENT, Status.ACCEPTED, Status.PARTLY_REJECTED)
        return request.user.has_perm(SEND) and self._is_at(object_id, *at)

    def has_answer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(SEND) and self._is_at(object_id, Status.SENT)

    def has_resubmit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(SEND) and self._is_at(object_id, Status.PARTLY_REJECTED)

    def has_discard_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(ASK) and self._is_at(object_id, Status.BUILT, Status.APPROVED)

    def _is_at(self, object_id: Any, *statuses: str) -> bool:
        return object_id is None or ReportingFile.objects.filter(pk=object_id, status__in=statuses).exists()

    @action(description=_("Ask for approval"), url_path="ask", permissions=["ask"], icon="approval")
    def ask(self, request: HttpRequest, object_id: int) -> HttpResponse:
        file = self._file(request, object_id)
        form, asked = asked_for_approval(
            request,
            lambda reason, key, today: ask_approval(
                file_id=file.pk, reason=reason, user=person_of(request), today=today, key=f"credit-file:{key}"
            ),
        )
        if asked:
            self.message_user(request, asked.get_status_display())
            return redirect(_address(file))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Ask for approval"),
            "text": str(file),
            "note": gettext("Another person looks at the control totals and lets it go, or says why not."),
            "form": form,
            "button": gettext("Ask for approval"),
            "back": _address(file),
            "opts": self.opts,
        }
        return render(request, "staff/act.html", context)

    @action(description=_("Take the file to the bureau"), url_path="take", permissions=["take"], icon="download")
    def take(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """Hand out the file by POST only: taking it is what counts as sent."""
        file = self._file(request, object_id)
        if request.method == "POST":
            for _piece in content_of(file):
                pass  # a file that cannot be read was not sent
            send_file(file_id=file.pk, now=lender_now(), actor=actor_of(request))
            answer = StreamingHttpResponse(content_of(file), content_type="text/plain; charset=utf-8")
            answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
            answer["Cache-Control"] = "no-store"
            return answer
        text = gettext("The file names people in full. Whoever takes it hands it to the bureau; it counts as sent now.")
        return ask_and_do(
            self, request, NoFields(), lambda _given: None, back=_address(file), title=gettext("Take the file"),
            text=text, done="",
        )  # fmt: skip

    @action(description=_("Enter the bureau's answer"), url_path="answer", permissions=["answer"], icon="upload_file")
    def answer(self, request: HttpRequest, object_id: int) -> HttpResponse:
        file = self._file(request, object_id)
        form = AnswerForm(request.POST or None, request.FILES or None)
        return ask_and_do(
            self,
            request,
            form,
            lambda given: take_answer(
                file_id=file.pk, content=given["file"].read(), now=lender_now(), actor=actor_of(request)
            ),
            back=_address(file),
            title=gettext("Enter the bureau's answer"),
            text=str(file),
            done=gettext("The answer is taken."),
        )

    @action(description=_("Build the rejected rows again"), url_path="resubmit", permissions=["resubmit"], icon="redo")
    def resubmit(self, request: HttpRequest, object_id: int) -> HttpResponse:
        file = self._file(request, object_id)
        return ask_and_do(
            self,
            request,
            NoFields(request.POST if request.method == "POST" else None),
            lambda _given: build_resubmission(file_id=file.pk, now=lender_now(), actor=actor_of(request)),
            back=_address(file),
            title=gettext("Build the rejected rows again"),
            text=gettext("The new file has the rejected rows only, as they are true now."),
            done=gettext("The file is built and waits for approval."),
            after=reverse("admin:credit_reporting_reportingfile_changelist"),
        )

    @action(description=_("Throw it away"), url_path="discard", permissions=["discard"], icon="delete")
    def discard(self, request: HttpRequest, object_id: int) -> HttpResponse:
        file = self._file(request, object_id)
        return ask_and_do(
            self,
            request,
            DiscardForm(request.POST or None),
            lambda given: discard_file(file_id=file.pk, reason=given["reason"], actor=actor_of(request)),
            back=_address(file),
            title=gettext("Throw it away"),
            text=gettext("It was not sent yet. It is built anew within the hour, as things are then."),
            done=gettext("The file is thrown away."),
        )

    def _file(self, request: HttpRequest, object_id: int) -> ReportingFile:
        file = self.get_object(request, str(object_id))
        if file is None:
            raise Http404
        return file


@admin.register(ReportedRecord)
class ReportedRecordAdmin(ReadOnlyAdmin):
    """What is held back or on its way; a row leads to what was told of its loan."""

    list_display = ["loan_number", "month_shown", "code", "state", "action", "why"]
    list_filter = ["status", "is_adverse"]
    list_select_related = ["loan", "file"]
    ordering = ["-pk"]
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).visible_to(person_of(request))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.loan_view)
        return [path("loan/<int:loan_id>/", view, name="credit_reporting_reportedrecord_loan"), *super().get_urls()]

    def loan_view(self, request: HttpRequest, loan_id: int) -> HttpResponse:
        """Show what the bureau was told of one loan, and what waits to be."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        loan = get_object_or_404(Loan.objects.visible_to(person_of(request)), pk=loan_id)
        records = list(self.get_queryset(request).filter(loan=loan).select_related("loan", "file")[:240])
        corrections = RecordCorrection.objects.filter(loan=loan).select_related("loan").order_by("-pk")
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Loan %(number)s at the credit bureau") % {"number": loan.number},
            "opts": self.opts,
            "tables": loan_tables(records, list(corrections[:100])),
            "back": reverse("admin:loans_loan_change", args=[loan.pk]),
            "back_text": gettext("Loan %(number)s") % {"number": loan.number},
        }
        return render(request, "credit_reporting/loan.html", context)

    @admin.display(description=_("loan"))
    def loan_number(self, record: ReportedRecord) -> Any:
        return record_link(record)

    @admin.display(description=_("month"))
    def month_shown(self, record: ReportedRecord) -> str:
        return month_name(record.month)

    @display(description=_("status"), label={"ACCEPTED": "success", "HELD": "warning", "REJECTED": "danger"})
    def state(self, record: ReportedRecord) -> tuple[str, Any]:
        return record.status, record.get_status_display()

    @admin.display(description=_("why"))
    def why(self, record: ReportedRecord) -> str:
        return held_words(record.held_for)


@admin.register(ReportingConsent)
class ReportingConsentAdmin(ReadOnlyAdmin):
    list_display = ["loan", "reference", "given_on", "ended_on"]
    list_select_related = ["loan"]
    ordering = ["-pk"]
    fields = [("loan", "reference"), ("given_on", "ended_on"), "noted_by"]
    actions_list = ["note"]
    actions_detail = ["end"]

    def has_note_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(SEND)

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        running = ReportingConsent.objects.filter(ended_on=None)
        return request.user.has_perm(SEND) and (object_id is None or running.filter(pk=object_id).exists())

    @action(description=_("Note a consent on paper"), url_path="note", permissions=["note"], icon="add")
    def note(self, request: HttpRequest) -> HttpResponse:
        return ask_and_do(
            self,
            request,
            ConsentForm(request.POST or None),
            lambda given: note_consent(
                loan_number=given["loan"],
                reference=given["reference"],
                given_on=given["given_on"],
                today=lender_today(),
                actor=actor_of(request),
            ),
            back=reverse("admin:credit_reporting_reportingconsent_changelist"),
            title=gettext("Note a consent on paper"),
            text=gettext("Only what the borrower signed. Without consent, nothing of a loan is told to the bureau."),
            done=gettext("The consent is noted."),
        )

    @action(description=_("It was taken back"), url_path="end", permissions=["end"], icon="block")
    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        consent = self.get_object(request, str(object_id))
        if consent is None:
            raise Http404
        return ask_and_do(
            self,
            request,
            NoFields(request.POST if request.method == "POST" else None),
            lambda _given: end_consent(consent_id=consent.pk, ended_on=lender_today(), actor=actor_of(request)),
            back=reverse("admin:credit_reporting_reportingconsent_change", args=[consent.pk]),
            title=gettext("It was taken back"),
            text=gettext("From today on, nothing of this loan is told to the bureau."),
            done=gettext("The consent has ended."),
        )


def _address(file: ReportingFile) -> str:
    return reverse("admin:credit_reporting_reportingfile_change", args=[file.pk])

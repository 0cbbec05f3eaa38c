"""Bulk jobs of partners: what came, what became of each line, and the decision on those that wait for a person."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from dashu.bulk.forms import DecideForm
from dashu.bulk.models import BulkJob, JobLine
from dashu.bulk.services.decide_job import approve_job, decline_job
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin, ReadOnlyInline
from dashu.users.actors import actor_of

TONES = {
    BulkJob.Status.DONE: "success",
    BulkJob.Status.DONE_WITH_REFUSALS: "warning",
    BulkJob.Status.FAILED: "danger",
    BulkJob.Status.RUNNING: "info",
}


class JobLineInline(ReadOnlyInline):
    model = JobLine
    fields = readonly_fields = ["line", "outcome", "stated", "code", "detail", "field"]
    ordering = ["number"]
    verbose_name_plural = _("Lines")

    @display(description=_("as sent"))
    def stated(self, line: JobLine) -> str:
        return line.raw or ", ".join(f"{name}: {_shortened(value)}" for name, value in line.data.items())


@admin.register(BulkJob)
class BulkJobAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "partner", "kind", "state", "check_only", "approval", "lines", "refused", "ended_at"]
    list_filter = ["kind", "status", "approval"]
    list_select_related = ["partner"]
    ordering = ["-pk"]
    fields = [
        ("partner", "kind", "state"),
        ("check_only", "approval"),
        ("file_name", "file_format", "encoding"),
        ("size", "sha256"),
        ("lines", "done", "known", "refused"),
        ("problem_code", "problem"),
        ("created_at", "planned_at", "ended_at", "erased_at"),
    ]
    readonly_fields = ["state"]
    inlines = [JobLineInline]
    actions_detail = ["decide"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkJob]:
        return super().get_queryset(request).visible_to(request.user)

    @display(description=_("status"), label=TONES)
    def state(self, job: BulkJob) -> tuple[str, Any]:
        return job.status, job.get_status_display()

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        job = self.get_object(request, object_id) if object_id else None
        is_waiting = job is None or job.approval == BulkJob.Approval.WAITING
        return is_waiting and request.user.has_perm("bulk.decide_bulkjob")

    @action(description=_("Decide"), url_path="decide", permissions=["decide"], icon="gavel")
    def decide(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        job = self.get_object(request, object_id)
        if job is None:
            raise Http404
        form = DecideForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and self._decide(request, job, form):
            return redirect("admin:bulk_bulkjob_change", job.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Decide on a bulk job"),
            "opts": self.opts,
            "job": job,
            "form": form,
        }
        return render(request, "bulk/decide.html", context)

    def _decide(self, request: HttpRequest, job: BulkJob, form: DecideForm) -> bool:
        """Carry out the button that was pressed; a refusal goes beside the note."""
        note, actor = form.cleaned_data["note"], actor_of(request)
        try:
            match request.POST.get("decision"):
                case "approve":
                    after = approve_job(job_id=job.pk, actor=actor)
                case "decline":
                    after = decline_job(job_id=job.pk, note=note, now=lender_now(), actor=actor)
                case _:
                    raise Http404
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.user_message)
            return False
        messages.success(request, after.get_approval_display())
        return True


def _shortened(value: Any) -> str:
    return str(_("%(count)s entries")) % {"count": len(value)} if isinstance(value, list) else str(value)[:80]

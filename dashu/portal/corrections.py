"""Corrections by file for staff: upload, everything that would change on one page, book, and take back as a whole."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.portal.acting_on_loans import ShownLoan, shown_loan
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money
from loans.admin import loan_link
from repayments.act_forms import BookBatchForm, CorrectionFileForm, UndoBatchForm
from repayments.models import CorrectionBatch, CorrectionRow
from repayments.services.acts import ACTS
from repayments.services.correct_in_bulk import (
    COLUMNS,
    MOST_ROWS,
    LoanLines,
    book_batch,
    keep_batch,
    preview_batch,
    preview_undo,
    undo_batch,
)

TONES = {"WAITING": "info", "BOOKED": "success", "UNDONE": "warning"}


@dataclass(frozen=True, slots=True)
class ShownLines:
    """The lines of one loan with what they do. :param lines: "line 3: Charge a fee", in order."""

    number: str
    lines: list[str]
    loans: list[ShownLoan]


@admin.register(CorrectionBatch)
class CorrectionBatchAdmin(ReadOnlyAdmin):
    list_display = ["id", "file_name", "status_shown", "created_at", "created_by"]
    list_filter = ["status"]
    ordering = ["-pk"]
    sortable_by = ()
    actions_list = ["upload"]

    @display(description=_("status"), label=TONES)
    def status_shown(self, batch: CorrectionBatch) -> tuple[str, str]:
        return batch.status, batch.get_status_display()

    def has_upload_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("repayments.book_correctionbatch")

    def get_urls(self) -> list[Any]:
        undo = self.admin_site.admin_view(self.undo_view)
        return [path("<int:batch_id>/undo/", undo, name="repayments_correctionbatch_undo"), *super().get_urls()]

    @action(description=_("Upload a file"), url_path="upload", permissions=["upload"], icon="upload_file")
    def upload(self, request: HttpRequest) -> HttpResponse:
        form = CorrectionFileForm(request.POST or None, request.FILES or None, initial={"key": uuid4()})
        if request.method == "POST" and form.is_valid():
            try:
                batch = keep_batch(
                    key=form.cleaned_data["key"],
                    file_name=form.cleaned_data["file"].name,
                    content=form.cleaned_data["file"].read(),
                    user=request.user,  # type: ignore[arg-type]
                )
            except DomainError as error:
                form.add_error("file", error.user_message)
            else:
                return redirect("admin:repayments_correctionbatch_change", batch.pk)
        context = {
            "title": gettext("Corrections by file"),
            "form": form,
            "columns": ", ".join(COLUMNS),
            "acts": [(act.code, act.label, [field.name for field in act.fields]) for act in _in_files()],
            "most": MOST_ROWS,
        }
        return self._page(request, "staff/correction_upload.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        batch = self.get_object(request, object_id)
        if batch is None or not self.has_view_permission(request, batch):
            return super().change_view(request, object_id, form_url, extra_context)
        may_book = self.has_upload_permission(request)
        form = BookBatchForm(request.POST or None)
        if request.method == "POST":
            if not may_book:
                raise PermissionDenied
            if form.is_valid() and self._book(request, batch, form):
                return redirect("admin:repayments_correctionbatch_change", batch.pk)
        return self._page(request, "staff/correction_batch.html", self._shown(request, batch, form, may_book))

    def undo_view(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        batch = CorrectionBatch.objects.filter(pk=batch_id).first()
        if batch is None:
            raise Http404
        if not self.has_upload_permission(request):
            raise PermissionDenied
        form = UndoBatchForm(request.POST or None)
        changes: list[ShownLoan] = []
        try:
            if request.method == "POST" and form.is_valid():
                undo_batch(
                    batch_id=batch.pk,
                    today=lender_today(),
                    reason=form.cleaned_data["reason"],
                    user=request.user,  # type: ignore[arg-type]
                )
                messages.success(request, gettext("The corrections of this file are undone."))
                return redirect("admin:repayments_correctionbatch_change", batch.pk)
            found = preview_undo(batch, today=lender_today(), user=request.user)  # type: ignore[arg-type]
            changes = [shown_loan(change) for change in found]
        except DomainError as error:
            form.add_error(None, error.user_message) if form.is_bound else messages.error(request, error.user_message)
        context = {
            "title": gettext("Undo file %(number)s") % {"number": batch.pk},
            "batch": batch,
            "form": form,
            "changes": changes,
        }
        return self._page(request, "staff/correction_undo.html", context)

    def _book(self, request: HttpRequest, batch: CorrectionBatch, form: BookBatchForm) -> bool:
        try:
            book_batch(
                batch_id=batch.pk,
                only_good=form.cleaned_data["choice"] == BookBatchForm.GOOD,
                today=lender_today(),
                user=request.user,  # type: ignore[arg-type]
            )
        except DomainError as error:
            form.add_error(None, error.user_message)
            return False
        messages.success(request, gettext("The file is booked."))
        return True

    def _shown(
        self, request: HttpRequest, batch: CorrectionBatch, form: BookBatchForm, may_book: bool
    ) -> dict[str, Any]:
        rows = list(batch.rows.select_related("loan").order_by("number"))
        waiting = preview_batch(batch, today=lender_today(), user=request.user)  # type: ignore[arg-type]
        refused = {row.number: row.refusal for row in rows if row.status == CorrectionRow.Status.REFUSED}
        for lines in waiting:
            refused |= lines.refusals
        return {
            "title": gettext("Corrections of the file %(name)s") % {"name": batch.file_name},
            "batch": batch,
            "form": form,
            "may_book": may_book,
            "is_waiting": any(row.status == CorrectionRow.Status.WAITING for row in rows),
            "is_booked": any(row.status == CorrectionRow.Status.BOOKED for row in rows),
            "figures": _figures(batch, rows, refused),
            "tables": [_sums(rows, refused), _lines(rows, refused)],
            "loans": [_shown_lines(lines) for lines in waiting if len(lines.refusals) < len(lines.rows)],
        }

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), **context, "opts": self.opts})


def _in_files() -> Iterable[Any]:
    return (act for act in ACTS.values() if act.in_files)


def _figures(batch: CorrectionBatch, rows: Sequence[CorrectionRow], refused: dict[int, str]) -> list[Figure]:
    loans = len({row.loan_id for row in rows if row.loan_id and row.number not in refused})
    return [
        Figure(_("status"), batch.get_status_display()),
        Figure(_("lines"), len(rows)),
        Figure(_("lines that fit"), len(rows) - len(refused), tone="good"),
        Figure(_("refused"), len(refused), tone="late" if refused else "plain"),
        Figure(_("loans"), loans),
    ]


def _sums(rows: Sequence[CorrectionRow], refused: dict[int, str]) -> Table:
    """Count lines and add up amounts by act and currency; lines that are refused are left out."""
    counts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if row.loan is not None and row.number not in refused and row.act in ACTS:
            amount = next((field for field in ACTS[row.act].fields if field.name == "amount"), None)
            found = counts[row.act, row.loan.currency]
            found[0] += 1
            found[1] += (amount.read(row.payload["amount"], row.loan) if amount and "amount" in row.payload else 0) or 0
    return Table(
        title=_("Sums"),
        columns=[Column(_("act")), Column(_("lines"), is_number=True), Column(_("amount"), is_number=True)],
        rows=[
            [ACTS[code].label, count, money(minor, currency) if minor else ""]
            for (code, currency), (count, minor) in sorted(counts.items())
        ],
        empty=_("No line fits."),
    )


def _lines(rows: Sequence[CorrectionRow], refused: dict[int, str]) -> Table:
    return Table(
        title=_("Lines"),
        columns=[
            Column(_("line"), is_number=True),
            Column(_("act")),
            Column(_("loan")),
            Column(_("values")),
            Column(_("state")),
            Column(_("why refused")),
        ],
        rows=[
            [
                row.number,
                ACTS[row.act].label if row.act in ACTS else row.act,
                loan_link(row.loan) if row.loan else "",
                " · ".join(f"{name} {text}" for name, text in row.payload.items()),
                gettext("Refused") if row.number in refused else row.get_status_display(),
                refused.get(row.number, ""),
            ]
            for row in rows
        ],
        tones=["changed" if row.number in refused else "" for row in rows],
        empty="",
    )


def _shown_lines(lines: LoanLines) -> ShownLines:
    good = [row for row in lines.rows if row.number not in lines.refusals]
    return ShownLines(
        lines.loan.number,
        [gettext("line %(line)s: %(act)s") % {"line": row.number, "act": ACTS[row.act].label} for row in good],
        [shown_loan(change) for change in lines.change if change.has_changes],
    )

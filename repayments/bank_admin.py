"""
Bank statements for staff: importing a file, deciding on its lines, undoing.

Everything is shown before it is booked, and every decision goes through one service.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from dashu.audit import services as audit
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor, parse_minor
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of
from dashu.web.forms import add_refusal
from dashu.web.templatetags.dashu import lender_date, money
from loans.models import Loan
from loans.selectors.search import loans_found
from repayments.bank_pages import (
    SHOWN_LINES,
    cards,
    counterparty,
    history_tables,
    loan_row,
    preview_of,
    problems_table,
    statement_figures,
    statement_tables,
    unmatched_figures,
)
from repayments.domain.bank_files.encodings import refuse_too_large
from repayments.domain.bank_text import masked
from repayments.forms import BankFileForm, ReasonForm
from repayments.models import BankAccount, BankFileDraft, BankLine, BankStatement, Disbursement
from repayments.selectors.bank_candidates import debts_on, findings_for
from repayments.selectors.bank_statements import PAGE, unmatched_lines
from repayments.services.book_sure_matches import book_sure_matches
from repayments.services.import_bank_statement import ReadFile, import_bank_file, read_file
from repayments.services.match_bank_line import Grounds, Part, explain_bank_line, match_bank_line, undo_bank_line

MATCHED_AT_ONCE = 300  # lines; more are left to a worker, so that nobody waits at a page
SHOWN_LOANS = 20
STATUS_TONES = {"UNMATCHED": "warning", "MATCHED": "success", "IGNORED": "info"}


@admin.register(BankAccount)
class BankAccountAdmin(ReadOnlyAdmin):
    list_display = ["name", "masked_number", "currency", "is_active"]
    ordering = ["name", "pk"]

    def has_add_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return request.user.has_perm("repayments.add_bankaccount")

    def get_fields(self, request: HttpRequest, obj: BankAccount | None = None) -> list[str]:
        return ["name", "masked_number" if obj else "number", "currency", *(["is_active"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: BankAccount | None = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def save_model(self, request: HttpRequest, obj: BankAccount, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record(
            action="repayments.bank_account_added",
            subject_type="bank_account",
            subject_id=obj.pk,
            actor=actor_of(request),
            data={"number": masked(obj.number), "name": obj.name},
        )

    @admin.display(description=_("account number"))
    def masked_number(self, account: BankAccount) -> str:
        return masked(account.number)


@admin.register(BankStatement)
class BankStatementAdmin(ReadOnlyAdmin):
    list_display = ["file_name", "account", "period", "opening", "closing", "format", "imported_at", "imported_by"]
    list_select_related = ["account"]
    list_filter = ["account"]
    sortable_by = ()
    ordering = ["-pk"]
    fields = [
        ("account", "period"),
        ("file_name", "lines_known"),
        ("opening", "closing"),
        ("kind", "fingerprint"),
        ("imported_by", "imported_at"),
    ]
    readonly_fields = [
        "account",
        "period",
        "file_name",
        "opening",
        "closing",
        "lines_known",
        "kind",
        "imported_by",
        "imported_at",
        "fingerprint",
    ]
    change_form_outer_before_template = "staff/figures.html"
    change_form_outer_after_template = "staff/tables.html"
    actions_list = ["import_file"]

    @admin.display(description=_("period"))
    def period(self, statement: BankStatement) -> str:
        return f"{lender_date(statement.from_on)} – {lender_date(statement.to_on)}" if statement.from_on else "–"

    @admin.display(description=_("opening balance"))
    def opening(self, statement: BankStatement) -> str:
        return _balance(statement.opening_minor, statement)

    @admin.display(description=_("closing balance"))
    def closing(self, statement: BankStatement) -> str:
        return _balance(statement.closing_minor, statement)

    @admin.display(description=_("format"))
    def kind(self, statement: BankStatement) -> str:
        return " · ".join(part for part in (statement.format, statement.encoding, statement.layout) if part)

    @admin.display(description=_("fingerprint of the file"))
    def fingerprint(self, statement: BankStatement) -> str:
        return f"SHA-256 {statement.sha256[:16]}…"

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(self.preview)
        ours = path("import/<int:draft_id>/", preview, name="repayments_bankstatement_preview")
        return [ours, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        statement = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if statement:
            shown = {"figures": statement_figures(statement), "tables": statement_tables(statement)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("repayments.import_bankstatement")

    @action(
        description=_("Import a file"),
        url_path="import",
        permissions=["import"],
        icon="upload_file",
        variant=ActionVariant.PRIMARY,
    )
    def import_file(self, request: HttpRequest) -> HttpResponse:
        form = BankFileForm(request.POST or None, request.FILES or None)
        problems = None
        if request.method == "POST" and form.is_valid():
            try:
                return self._keep_draft(request, form)
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else "file", error.user_message)
                problems = error.details.get("problems")
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Import a bank statement"),
            "form": form,
            "problems": _refused(problems) if problems else None,
            "opts": self.opts,
        }
        return render(request, "repayments/import_bank_file.html", context)

    def preview(self, request: HttpRequest, draft_id: int) -> HttpResponse:
        """Show what a file would do; on POST do it, or forget the file."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        draft = BankFileDraft.objects.filter(pk=draft_id, uploaded_by=actor_of(request)).first()
        if draft is None:
            messages.info(
                request, gettext("This file is no longer in preview. Choose it again if it is not booked yet.")
            )
            return redirect("admin:repayments_bankstatement_changelist")
        if request.method == "POST" and "cancel" in request.POST:
            draft.delete()
            return redirect("admin:repayments_bankstatement_changelist")
        try:
            if request.method == "POST":
                return self._book(request, draft)
            read = _read(draft)
        except DomainError as error:
            draft.delete()
            messages.error(request, error.user_message)
            return redirect("admin:repayments_bankstatement_import_file")
        if read.earlier:
            draft.delete()
            return _seen_before(request, read.earlier[0])
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Before booking: %(file)s") % {"file": draft.file_name},
            "preview": preview_of(read, today=lender_today()),
            "opts": self.opts,
        }
        return render(request, "repayments/preview_bank_file.html", context)

    def _keep_draft(self, request: HttpRequest, form: BankFileForm) -> HttpResponse:
        upload = form.cleaned_data["file"]
        refuse_too_large(upload.size)
        draft = BankFileDraft(
            content=upload.read(),
            file_name=upload.name[-200:],
            account=form.cleaned_data["account"],
            layout=form.cleaned_data["layout"],
            uploaded_by=actor_of(request),
        )
        read = _read(draft)
        if read.earlier:
            return _seen_before(request, read.earlier[0])
        draft.save()
        return redirect("admin:repayments_bankstatement_preview", draft.pk)

    def _book(self, request: HttpRequest, draft: BankFileDraft) -> HttpResponse:
        today = lender_today()
        imported = import_bank_file(
            content=bytes(draft.content),
            file_name=draft.file_name,
            account_id=draft.account_id,
            layout=draft.layout or None,
            today=today,
            actor=actor_of(request),
        )
        draft.delete()
        first = imported.statements[0]
        if not imported.is_new:
            return _seen_before(request, first)
        lines = BankLine.objects.filter(statement__in=imported.statements).count()
        if lines <= MATCHED_AT_ONCE:
            for statement in imported.statements:
                book_sure_matches(statement_id=statement.pk, today=today)
        words = ngettext("%(count)s line is on the books.", "%(count)s lines are on the books.", lines)
        messages.success(request, words % {"count": lines})
        if len(imported.statements) > 1:
            return redirect("admin:repayments_bankstatement_changelist")
        return redirect("admin:repayments_bankstatement_change", first.pk)


@admin.register(BankLine)
class BankLineAdmin(ReadOnlyAdmin):
    list_display = ["value_on", "amount", "counterparty", "text_start", "account", "status_shown"]
    list_select_related = ["account", "statement"]
    list_filter = ["status", "account"]
    sortable_by = ()
    ordering = ["-pk"]
    fields = [
        ("amount", "status"),
        ("value_on", "booked_on"),
        ("counterparty", "bank_reference"),
        ("text",),
        ("account", "balance"),
        ("statement_link", "number"),
    ]
    readonly_fields = [
        "amount",
        "status",
        "account",
        "value_on",
        "booked_on",
        "balance",
        "counterparty",
        "bank_reference",
        "text",
        "statement_link",
        "number",
    ]
    change_form_outer_after_template = "staff/tables.html"
    actions_list = ["unmatched"]
    actions_detail = ["match", "explain", "undo"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "statement__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("amount"))
    def amount(self, line: BankLine) -> str:
        return money(line.amount_minor, line.currency)

    @admin.display(description=_("balance after it"))
    def balance(self, line: BankLine) -> str:
        return "–" if line.balance_minor is None else money(line.balance_minor, line.currency)

    @admin.display(description=_("counterparty"))
    def counterparty(self, line: BankLine) -> str:
        return counterparty(line)

    @admin.display(description=_("text"))
    def text_start(self, line: BankLine) -> str:
        return line.text if len(line.text) <= 60 else f"{line.text[:59]}…"

    @admin.display(description=_("bank statement"))
    def statement_link(self, line: BankLine) -> SafeString:
        address = reverse("admin:repayments_bankstatement_change", args=[line.statement_id])
        return format_html('<a href="{}">{}</a>', address, line.statement)

    @display(description=_("status"), label=STATUS_TONES)
    def status_shown(self, line: BankLine) -> tuple[str, str]:
        return line.status, line.get_status_display()

    def get_urls(self) -> list[URLPattern]:
        accept = self.admin_site.admin_view(require_POST(self.accept))
        ours = path("unmatched/accept/", accept, name="repayments_bankline_accept")
        return [ours, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        line = self.get_object(request, object_id)
        tables = history_tables(line) if line else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "tables": tables})

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Offer what the line's status lets a person do."""
        line = BankLine.objects.filter(pk=_whole(str(object_id))).only("status", "amount_minor").first()
        unfit = {"match", "explain", "undo"}
        if line is not None and line.status != BankLine.Status.UNMATCHED:
            unfit -= {"undo"}
        elif line is not None:
            unfit -= {"match", "explain"} if line.is_credit else {"explain"}
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if not any(one.action_name.endswith(f"_{name}") for name in unfit)]

    def has_match_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.match_bankline")

    def has_undo_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("repayments.undo_bankline")

    @action(description=_("Unmatched lines"), url_path="unmatched", permissions=["view"], icon="rule")
    def unmatched(self, request: HttpRequest) -> HttpResponse:
        outgoing = request.GET.get("side") == "out"
        after = _whole(request.GET.get("after", ""))
        lines = list(unmatched_lines(after=after, outgoing=outgoing))
        shown = lines[:PAGE]
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Unmatched bank lines"),
            "figures": unmatched_figures(),
            "cards": cards(shown, today=lender_today()),
            "outgoing": outgoing,
            "after": after,
            "next_after": shown[-1].pk if len(lines) > PAGE else None,
            "may_match": self.has_match_permission(request),
            "opts": self.opts,
        }
        return render(request, "repayments/unmatched_bank_lines.html", context)

    def accept(self, request: HttpRequest) -> HttpResponse:
        """Book one suggestion, as it stands at this moment."""
        if not self.has_match_permission(request):
            raise PermissionDenied
        line = self._line(request.POST.get("line", ""))
        loan_id = _whole(request.POST.get("loan", ""))
        back = f"{reverse('admin:repayments_bankline_unmatched')}?after={_whole(request.POST.get('after', ''))}"
        found = findings_for([line], today=lender_today()).suggestions[0]
        suggestion = next((one for one in found if one.loan_id == loan_id), None)
        if suggestion is None:
            messages.warning(request, gettext("This suggestion no longer holds. Look at the line again."))
            return redirect(back)
        self._match(request, line, [Part(loan_id, line.amount_minor)], Grounds.of(suggestion))
        return redirect(back)

    @action(
        description=_("Match with loans"),
        url_path="match",
        permissions=["match"],
        icon="join_inner",
        variant=ActionVariant.PRIMARY,
    )
    def match(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        line = self._line(object_id)
        chosen = Loan.objects.filter(pk=_whole(request.GET.get("loan", ""))).first()
        term = request.GET.get("q", "").strip().replace("\0", "")[:120]
        loans = _loans_of_borrower(chosen) if chosen else _search(term)
        debts = debts_on(loans, line)
        errors: list[str] = []
        if request.method == "POST" and chosen:
            parts, errors = _stated_parts(request, loans, line)
            if not errors and self._match(request, line, parts, Grounds()):
                return redirect("admin:repayments_bankline_change", line.pk)
        typed = request.POST if request.method == "POST" else {}
        whole = format_minor(line.amount_minor, line.currency)
        rows = [
            {
                "loan": loan,
                "cells": loan_row(loan, debts.get(loan.pk), line.currency),
                "field": f"part-{loan.pk}",
                "value": typed.get(f"part-{loan.pk}", whole if chosen and loan.pk == chosen.pk else ""),
            }
            for loan in loans
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Match a bank line"),
            "card": cards([line], today=lender_today())[0],
            "chosen": chosen,
            "term": term,
            "rows": rows,
            "errors": errors,
            "opts": self.opts,
        }
        return render(request, "repayments/match_bank_line.html", context)

    @action(description=_("Explain without booking"), url_path="explain", permissions=["match"], icon="edit_note")
    def explain(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        line = self._line(object_id)
        payout = Disbursement.objects.filter(pk=_whole(request.GET.get("payout", ""))).first()
        reason = gettext("Payout %(reference)s") % {"reference": payout.reference} if payout else ""

        def act(text: str) -> None:
            explain_bank_line(
                line_id=line.pk,
                reason=text,
                actor=actor_of(request),
                disbursement_id=payout.pk if payout else None,
            )

        note = (
            _("The money leaves suspense without being booked: only if it is on the books elsewhere, or is not ours.")
            if line.is_credit
            else _("The line is marked as explained. Nothing is booked.")
        )
        title, done = gettext("Explain a bank line"), gettext("The line is explained.")
        return self._with_reason(request, line, act, title=title, note=note, done=done, reason=reason)

    @action(description=_("Undo"), url_path="undo", permissions=["undo"], icon="undo", variant=ActionVariant.DANGER)
    def undo(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        line = self._line(object_id)

        def act(text: str) -> None:
            undo_bank_line(line_id=line.pk, reason=text, today=lender_today(), actor=actor_of(request))

        note = (
            _(
                "The payments below are taken back as if they had never been, their loans are worked out again, and the"
                " money returns to suspense. Then the line can be matched again."
            )
            if line.status == BankLine.Status.MATCHED
            else _("The explanation is taken back. Money that came in returns to suspense.")
        )
        title, done = gettext("Undo what was decided"), gettext("It is undone. The line is unmatched again.")
        return self._with_reason(request, line, act, title=title, note=note, done=done)

    def _with_reason(
        self,
        request: HttpRequest,
        line: BankLine,
        act: Callable[[str], None],
        *,
        title: str,
        note: Any,
        done: str,
        reason: str = "",
    ) -> HttpResponse:
        form = ReasonForm(request.POST or None, initial={"reason": reason})
        if request.method == "POST" and form.is_valid():
            try:
                act(form.cleaned_data["reason"])
            except DomainError as error:
                add_refusal(form, error)
            else:
                messages.success(request, done)
                return redirect("admin:repayments_bankline_change", line.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "card": cards([line], today=lender_today())[0],
            "note": note,
            "form": form,
            "tables": history_tables(line),
            "opts": self.opts,
        }
        return render(request, "repayments/decide_bank_line.html", context)

    def _match(self, request: HttpRequest, line: BankLine, parts: list[Part], grounds: Grounds) -> bool:
        try:
            matches = match_bank_line(
                line_id=line.pk, parts=parts, today=lender_today(), actor=actor_of(request), grounds=grounds
            )
        except DomainError as error:
            messages.error(request, error.user_message)
            return False
        numbers = ", ".join(sorted(match.payment.loan.number for match in matches))
        words = gettext("%(amount)s are booked for %(loans)s, received on %(day)s.")
        amount = money(line.amount_minor, line.currency)
        messages.success(request, words % {"amount": amount, "loans": numbers, "day": lender_date(line.value_on)})
        return True

    def _line(self, line_id: Any) -> BankLine:
        line = BankLine.objects.select_related("account", "statement").filter(pk=_whole(str(line_id))).first()
        if line is None:
            raise Http404
        return line


def _balance(minor: int | None, statement: BankStatement) -> str:
    return "–" if minor is None else money(minor, statement.account.currency)


def _read(draft: BankFileDraft) -> ReadFile:
    return read_file(bytes(draft.content), account=draft.account, layout=draft.layout or None, today=lender_today())


def _seen_before(request: HttpRequest, statement: BankStatement) -> HttpResponse:
    words = gettext("This very file was imported before, as %(name)s. Nothing has changed.")
    messages.info(request, words % {"name": statement.file_name})
    return redirect("admin:repayments_bankstatement_change", statement.pk)


def _refused(problems: list[dict[str, Any]]) -> Any:
    return problems_table([{**one, "values": {}} for one in problems[:SHOWN_LINES]])


def _whole(text: str) -> int:
    """Return an id out of an address, 0 for anything else; 0 is nobody's id."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _search(term: str) -> list[Loan]:
    if not term:
        return []
    found: QuerySet[Loan] = Loan.objects.filter(pk__in=loans_found(term)).exclude(status__in=Loan.NOT_PAID_OUT)
    return list(found.select_related("borrower").order_by("-pk")[:SHOWN_LOANS])


def _loans_of_borrower(chosen: Loan) -> list[Loan]:
    loans = Loan.objects.filter(borrower_id=chosen.borrower_id).exclude(status__in=Loan.NOT_PAID_OUT)
    return list(loans.select_related("borrower").order_by("-pk")[: SHOWN_LOANS * 3])


def _stated_parts(request: HttpRequest, loans: list[Loan], line: BankLine) -> tuple[list[Part], list[str]]:
    parts, errors = [], []
    for loan in loans:
        typed = request.POST.get(f"part-{loan.pk}", "").strip()
        if not typed:
            continue
        try:
            parts.append(Part(loan.pk, parse_minor(typed, line.currency)))
        except DomainError as error:
            errors.append(f"{loan.number}: {error.user_message}")
    return parts, errors

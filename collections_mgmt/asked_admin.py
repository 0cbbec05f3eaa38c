"""Requests for help, complaints and disputes as staff answer them: what is due first on top."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from collections_mgmt.domain.clocks import clock_of
from collections_mgmt.forms import AnswerForm, CloseComplaintForm, DisputeAnswerForm, HelpAnswerForm
from collections_mgmt.models import Complaint, Dispute, HardshipRequest
from collections_mgmt.offering.links import build_address
from collections_mgmt.presenting import CLOCK_TONES, clock_words
from collections_mgmt.queue_lists import QueueList
from collections_mgmt.report_pages import report_figures, report_tables
from collections_mgmt.selectors.complaints_report import complaints_report
from collections_mgmt.services.answer_help import answer_help
from collections_mgmt.services.asked import CLOCKS, take_up
from collections_mgmt.services.complaints import close_complaint, write_back
from collections_mgmt.services.disputes import answer_dispute
from dashu.kernel.dates import add_months, lender_now, lender_today
from dashu.policy import rules as policy
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import person_of
from dashu.users.models import User
from dashu.web.act_pages import ask_and_do
from dashu.web.staff_tables import Column, Table, wrapped
from dashu.web.templatetags.dashu import money
from dashu.web.writing import named
from loans.admin import loan_link
from loans.models import Loan


class WaitingFilter(admin.SimpleListFilter):
    """What waits for us, unless something else is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("held by me")), ("answered", _("answered")), ("all", _("all"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "all":
                return queryset
            case "answered":
                return queryset.filter(answered_at__isnull=False)
            case "mine":
                return queryset.filter(answered_at=None, handler=person_of(request))
        return queryset.filter(answered_at=None)

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("waiting for us")}
        yield from others


class AskedAdmin(QueueList, ReadOnlyAdmin):
    """The list with its clocks, and how acts ask and answer."""

    list_display = ["reference", "borrower_name", "subject", "clock", "handler", "asked_at", "outcome_shown"]
    list_filter = [WaitingFilter]
    ordering = ["due_on", "pk"]
    sortable_by = ()
    search_fields = ["=reference", "=borrower__number"]
    search_help_text = _("Its number, or the borrower's")
    change_form_outer_after_template = "staff/tables.html"
    actions_detail = ["take", "answer"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.model.objects.visible_to(person_of(request))

    def kept(self, user: User) -> Q:
        return Q(handler=user)

    @admin.display(description=_("borrower"))
    def borrower_name(self, asked: Any) -> str:
        return str(asked.borrower)

    @admin.display(description=_("answer due"))
    def clock_told(self, asked: Any) -> str:
        return str(self.clock(asked)[1])

    @display(description=_("answer due"), label=CLOCK_TONES)
    def clock(self, asked: Any) -> tuple[str, Any]:
        if asked.answered_at is not None:
            return "answered", _("answered")
        today = lender_today()
        warn_days = policy.answer_clock(CLOCKS[type(asked)][0], today).warn_days
        found = clock_of(asked.due_on, today, warn_days=warn_days)
        return found.urgency.value, f"{date_format(asked.due_on, 'SHORT_DATE_FORMAT')} · {clock_words(found)}"

    @admin.display(description=_("outcome"))
    def outcome_shown(self, asked: Any) -> str:
        return asked.get_outcome_display() if asked.outcome else "–"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        asked = self.get_object(request, object_id)
        shown = {"tables": self.tables_of(asked)} if asked else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def tables_of(self, asked: Any) -> list[Table]:
        return []

    def has_answer_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if not request.user.has_perm(f"{self.opts.app_label}.answer_{self.opts.model_name}"):
            return False
        return object_id is None or self.model.objects.open().filter(pk=object_id).exists()

    @action(description=_("Take it up"), url_path="take", permissions=["answer"], icon="back_hand")
    def take(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            forms.Form(request.POST if request.method == "POST" else None),
            lambda _given: take_up(self.model, pk=object_id, user=person_of(request)),
            title=_("Take it up"),
            text=_("You work on it from now on, and colleagues see so. Whoever held it before no longer does."),
            done=_("You hold this now."),
        )

    def _ask(
        self, request: HttpRequest, pk: int, form: forms.Form, act: Callable[[dict[str, Any]], Any], **words: Any
    ) -> HttpResponse:
        """:param words: title, text and done, see `ask_and_do`."""
        if self.get_object(request, str(pk)) is None:
            raise Http404
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])
        return ask_and_do(self, request, form, act, back=back, **words)


@admin.register(HardshipRequest)
class HardshipRequestAdmin(AskedAdmin):
    list_select_related = ["borrower", "handler"]
    fields = [
        ("reference", "borrower_name"),
        ("clock_told", "handler"),
        ("cause", "lasts", "can_pay"),
        "words",
        ("outcome_shown", "answered_at", "answered_by"),
        "answer",
    ]
    readonly_fields = [name for line in fields for name in (line if isinstance(line, tuple) else (line,))]

    @admin.display(description=_("cause"))
    def subject(self, asked: HardshipRequest) -> str:
        return asked.get_cause_display()

    @admin.display(description=_("can pay a month"))
    def can_pay(self, asked: HardshipRequest) -> str:
        return "–" if asked.can_pay_minor is None else money(asked.can_pay_minor)

    def tables_of(self, asked: HardshipRequest) -> list[Table]:
        about = asked.loans.select_related("loan__overdue", "hold").order_by("loan_id")
        return [
            Table(
                title=_("loans"),
                columns=[
                    Column(_("loan")),
                    Column(_("days past due"), is_number=True),
                    Column(_("left in peace")),
                    Column(_("relief")),
                ],
                rows=[
                    [loan_link(each.loan), _days_late(each.loan), _hold_words(each.hold), _offer_link(asked, each.loan)]
                    for each in about
                ],
                empty="–",
            )
        ]

    @action(description=_("Answer"), url_path="answer", permissions=["answer"], icon="reply")
    def answer(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            HelpAnswerForm(request.POST or None),
            lambda given: answer_help(
                request_id=object_id,
                is_possible=given["outcome"] == HardshipRequest.Outcome.PLAN,
                words=given["words"],
                user=person_of(request),
                now=lender_now(),
            ),
            title=_("Answer"),
            text=_(
                "The borrower is told at once. Where a plan will be offered, they are left in peace while they decide;"
                " else reminders and penalty interest go on from tomorrow."
            ),
            done=_("The borrower has your answer."),
        )


@admin.register(Complaint)
class ComplaintAdmin(AskedAdmin):
    list_display = ["reference", "borrower_name", "subject", "clock", "handler", "asked_at", "cause_shown"]
    list_select_related = ["borrower", "handler"]
    fields = [
        ("reference", "borrower_name"),
        ("clock_told", "handler"),
        ("about", "loan_shown"),
        ("asked_at", "reopened_at"),
        "wish",
        ("cause_shown", "closed_at"),
    ]
    readonly_fields = [name for line in fields for name in (line if isinstance(line, tuple) else (line,))]
    actions_list = ["report"]
    actions_detail = ["take", "answer", "write", "close"]

    @admin.display(description=_("about"))
    def subject(self, complaint: Complaint) -> str:
        return complaint.get_about_display()

    @admin.display(description=_("loan"))
    def loan_shown(self, complaint: Complaint) -> SafeString | str:
        return loan_link(complaint.loan) if complaint.loan else "–"

    @admin.display(description=_("root cause"))
    def cause_shown(self, complaint: Complaint) -> str:
        return _causes().get(complaint.root_cause, complaint.root_cause) or "–"

    def tables_of(self, complaint: Complaint) -> list[Table]:
        thread = complaint.messages.all()
        first = [_moment(complaint.asked_at), _("borrower"), wrapped(complaint.words)]
        others = [
            [_moment(each.written_at), _("us") if each.is_ours else _("borrower"), wrapped(each.words)]
            for each in thread
        ]
        return [
            Table(
                title=_("what was written"),
                columns=[Column(_("written")), Column(_("by")), Column(_("words"))],
                rows=[first, *others],
                empty="–",
            )
        ]

    @action(description=_("Causes by month"), url_path="report", permissions=["view"], icon="monitoring")
    def report(self, request: HttpRequest) -> HttpResponse:
        """Show what complaints of the last twelve months came from, and whether they were answered in time."""
        today = lender_today()
        found = complaints_report(first=add_months(today.replace(day=1), -11), today=today)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Complaints: causes by month"),
            "opts": self.opts,
            "figures": report_figures(found),
            "tables": report_tables(found, _causes()),
            "report": "complaints",
        }
        return render(request, "staff/report.html", context)

    def has_close_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if not request.user.has_perm("collections_mgmt.answer_complaint"):
            return False
        return object_id is None or Complaint.objects.filter(pk=object_id, answered_at__isnull=False).exists()

    @action(description=_("Answer"), url_path="answer", permissions=["answer"], icon="reply")
    def answer(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._write(
            request,
            object_id,
            is_answer=True,
            title=_("Answer"),
            text=_("The borrower is told at once. The clock stops, and reminders of the loan go on from tomorrow."),
            done=_("The borrower has your answer."),
        )

    @action(description=_("Ask the borrower"), url_path="write", permissions=["answer"], icon="help")
    def write(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._write(
            request,
            object_id,
            is_answer=False,
            title=_("Ask the borrower"),
            text=_("The borrower is told that you have a question. The clock runs on."),
            done=_("The borrower has your question."),
        )

    @action(description=_("Close with a cause"), url_path="close", permissions=["close"], icon="task_alt")
    def close(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            CloseComplaintForm(request.POST or None, causes=_causes()),
            lambda given: close_complaint(
                complaint_id=object_id, root_cause=given["root_cause"], user=person_of(request), now=lender_now()
            ),
            title=_("Close with a cause"),
            text=_("What did it come from? The borrower can still open it again once."),
            done=_("The complaint is closed."),
        )

    def _write(
        self, request: HttpRequest, object_id: int, *, is_answer: bool, title: Any, text: Any, done: Any
    ) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            AnswerForm(request.POST or None),
            lambda given: write_back(
                complaint_id=object_id,
                words=given["words"],
                is_answer=is_answer,
                user=person_of(request),
                now=lender_now(),
            ),
            title=title,
            text=text,
            done=done,
        )


@admin.register(Dispute)
class DisputeAdmin(AskedAdmin):
    list_select_related = ["borrower", "handler", "loan"]
    fields = [
        ("reference", "borrower_name"),
        ("clock_told", "handler"),
        ("loan_shown", "subject", "noted"),
        "words",
        ("outcome_shown", "answered_at", "answered_by"),
        "answer",
        "statement",
    ]
    readonly_fields = [name for line in fields for name in (line if isinstance(line, tuple) else (line,))]

    @admin.display(description=_("month"))
    def subject(self, dispute: Dispute) -> Any:
        return f"{dispute.month:%Y-%m}" if dispute.month else _("the whole loan")

    @admin.display(description=_("loan"))
    def loan_shown(self, dispute: Dispute) -> SafeString:
        return loan_link(dispute.loan)

    @admin.display(description=_("noted"))
    def noted(self, dispute: Dispute) -> str:
        months = dispute.loan.credit_months.order_by("-month")
        if dispute.month:
            months = months.filter(month=dispute.month)
        return ", ".join(f"{each.month:%Y-%m}: {each.code}" for each in months[:60]) or "–"

    @action(description=_("Answer"), url_path="answer", permissions=["answer"], icon="reply")
    def answer(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            DisputeAnswerForm(request.POST or None),
            lambda given: answer_dispute(
                dispute_id=object_id,
                is_corrected=given["outcome"] == Dispute.Outcome.CORRECTED,
                words=given["words"],
                user=person_of(request),
                now=lender_now(),
            ),
            title=_("Answer"),
            text=_(
                "The borrower is told at once. Correct the loan first, by the act that fits, such as a payment that"
                " counts from another day. The disputed months are then noted anew."
            ),
            done=_("The borrower has your answer."),
        )


def _causes() -> dict[str, str]:
    return {code: named(names) for code, names in policy.complaint_causes(lender_today()).items()}


def _offer_link(asked: HardshipRequest, loan: Loan) -> SafeString | str:
    if not asked.is_open or loan.status != Loan.Status.ACTIVE:
        return "–"
    return format_html('<a href="{}">{}</a>', build_address(loan.pk, asked.pk), _("Offer relief"))


def _days_late(loan: Any) -> int:
    return loan.overdue.days_past_due if hasattr(loan, "overdue") else 0


def _hold_words(hold: Any) -> Any:
    if hold is None:
        return _("no, they were for long enough")
    if hold.ended_on:
        return _("until %(day)s") % {"day": date_format(hold.ended_on)}
    return _("until %(day)s") % {"day": date_format(hold.ends_on)} if hold.ends_on else _("until it is answered")


def _moment(at: Any) -> str:
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")

"""Cases: what was promised, what is on hold, and what a loan is reported with."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from collections_mgmt.agreement_acts import ACTS, AgreementActs, plan_tables
from collections_mgmt.desk.contact_words import no_calls_words
from collections_mgmt.forms import EndHoldForm, HoldForm, PromiseForm
from collections_mgmt.legal_admin import LegalActs
from collections_mgmt.models import CollectionCase, Hold
from collections_mgmt.presenting import reason_words
from collections_mgmt.seen_admin import SeenAdmin
from collections_mgmt.selectors.care import needing_care
from collections_mgmt.services.holds import end_hold, place_hold
from collections_mgmt.services.promises import note_staff_promise
from dashu.kernel.dates import lender_today
from dashu.messaging.selectors import calls_refused_at
from dashu.users.actors import actor_of
from dashu.web.act_pages import ask_and_do
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import money
from loans.admin import FoundByLoan, loan_link
from loans.models import Loan


@admin.register(CollectionCase)
class CollectionCaseAdmin(AgreementActs, LegalActs, FoundByLoan, SeenAdmin):
    list_display = ["loan_number", "borrower", "status_shown", "level", "days_past_due", "opened_on", "closed_on"]
    list_display_links = None
    list_select_related = ["loan__borrower", "loan__overdue"]
    list_filter = ["status", "level"]
    ordering = ["-pk"]
    fields = [
        ("loan_number", "borrower"),
        ("status", "days_past_due"),
        ("level", "level_since"),
        ("opened_on", "closed_on"),
        ("special_care", "calls"),
    ]
    readonly_fields = [
        "loan_number",
        "borrower",
        "days_past_due",
        "special_care",
        "calls",
        "status",
        "level",
        "level_since",
        "opened_on",
        "closed_on",
    ]
    change_form_outer_after_template = "staff/tables.html"
    actions_detail = ["promise", {"title": _("Agree"), "icon": "handshake", "items": ACTS}, "hold", "end", "legal"]

    @admin.display(description=_("loan"))
    def loan_number(self, case: CollectionCase) -> SafeString:
        return loan_link(case.loan)

    @admin.display(description=_("borrower"))
    def borrower(self, case: CollectionCase) -> str:
        return case.loan.borrower.name

    @display(description=_("status"), label={"OPEN": "warning", "CLOSED": "success"})
    def status_shown(self, case: CollectionCase) -> tuple[str, str]:
        return case.status, case.get_status_display()

    @admin.display(description=_("days past due"))
    def days_past_due(self, case: CollectionCase) -> int:
        return case.loan.overdue.days_past_due

    @admin.display(description=_("special care"))
    def special_care(self, case: CollectionCase) -> Any:
        found = needing_care([case.loan.borrower_id]).get(case.loan.borrower_id)
        if found is None:
            return "–"
        return _("for a specialist") if found else _("needed")

    @admin.display(description=_("calls"))
    def calls(self, case: CollectionCase) -> str:
        refused_at = calls_refused_at(case.loan.borrower_id)
        return no_calls_words(refused_at) if refused_at else "–"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        case = self.get_object(request, object_id)
        shown = (
            {
                "tables": [
                    _promises(case.loan),
                    *plan_tables(case.loan),
                    _holds(case.loan),
                    _credit_months(case.loan),
                ]
            }
            if case
            else {}
        )
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def has_promise_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.promise_collectioncase")

    def has_hold_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("collections_mgmt.hold_collectioncase")

    def has_end_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        if not request.user.has_perm("collections_mgmt.end_hold_collectioncase"):
            return False
        return object_id is None or Hold.objects.filter(loan__cases=int(object_id), ended_on=None).exists()

    @action(description=_("Note a promise"), url_path="promise", permissions=["promise"], icon="handshake")
    def promise(self, request: HttpRequest, object_id: int) -> HttpResponse:
        loan = self._loan(request, object_id)
        form = PromiseForm(request.POST or None, currency=loan.currency)
        return self._ask(
            request,
            object_id,
            form,
            lambda given: note_staff_promise(
                loan_id=loan.pk,
                amount_minor=given["amount"],
                due_on=given["due_on"],
                note=given["note"],
                today=lender_today(),
                actor=actor_of(request),
            ),
            title=_("Note a promise"),
            text=_("What the borrower said they would pay, and by when. The close finds out whether it was kept."),
            done=_("The promise is noted."),
        )

    @action(description=_("Place a hold"), url_path="hold", permissions=["hold"], icon="pause_circle")
    def hold(self, request: HttpRequest, object_id: int) -> HttpResponse:
        loan = self._loan(request, object_id)
        form = HoldForm(request.POST or None, initial={"starts_on": lender_today()})
        return self._ask(
            request,
            object_id,
            form,
            lambda given: place_hold(
                loan_id=loan.pk,
                kind=given["kind"],
                starts_on=given["starts_on"],
                ends_on=given["ends_on"],
                reason=given["reason"],
                today=lender_today(),
                actor=actor_of(request),
            ),
            title=_("Place a hold"),
            text=_("While it runs, nobody is reminded of this loan, no penalty is charged and the days stand still."),
            done=_("The hold is placed."),
        )

    @action(description=_("End a hold"), url_path="end-hold", permissions=["end"], icon="play_circle")
    def end(self, request: HttpRequest, object_id: int) -> HttpResponse:
        loan = self._loan(request, object_id)
        form = EndHoldForm(request.POST or None, loan_id=loan.pk, initial={"ended_on": lender_today()})
        return self._ask(
            request,
            object_id,
            form,
            lambda given: end_hold(
                hold_id=given["hold"].pk,
                ended_on=given["ended_on"],
                reason=given["reason"],
                today=lender_today(),
                actor=actor_of(request),
            ),
            title=_("End a hold"),
            text=_("The days count again from the day after its last, unless another hold still runs."),
            done=_("The hold has ended."),
        )

    def _loan(self, request: HttpRequest, case_id: int) -> Loan:
        case = self.get_object(request, str(case_id))
        if case is None:
            raise Http404
        return case.loan

    def _ask(
        self, request: HttpRequest, case_id: int, form: forms.Form, act: Callable[[dict[str, Any]], Any], **words: Any
    ) -> HttpResponse:
        """:param words: title, text and done, see `ask_and_do`."""
        back = reverse("admin:collections_mgmt_collectioncase_change", args=[case_id])
        return ask_and_do(self, request, form, act, back=back, **words)


def _promises(loan: Loan) -> Table:
    return Table(
        title=_("promises to pay"),
        columns=[
            Column(_("made on")),
            Column(_("promised for")),
            Column(_("amount"), is_number=True),
            Column(_("paid"), is_number=True),
            Column(_("missing"), is_number=True),
            Column(_("status")),
            Column(_("note")),
        ],
        rows=[
            [
                date_format(promise.made_on),
                date_format(promise.due_on),
                money(promise.amount_minor, loan.currency),
                money(promise.paid_minor, loan.currency),
                money(promise.missing_minor, loan.currency),
                promise.get_status_display(),
                " · ".join(filter(None, (promise.note, reason_words(promise.end_reason)))),
            ]
            for promise in loan.promises.order_by("-pk")[:50]
        ],
        empty=_("Nothing has been promised on this loan."),
    )


def _holds(loan: Loan) -> Table:
    return Table(
        title=_("holds"),
        columns=[Column(_("kind")), Column(_("first day")), Column(_("last day")), Column(_("reason"))],
        rows=[
            [
                hold.get_kind_display(),
                date_format(hold.starts_on),
                date_format(last) if (last := hold.ended_on or hold.ends_on) else _("until somebody ends it"),
                reason_words(hold.reason),
            ]
            for hold in loan.holds.order_by("-pk")[:50]
        ],
        empty=_("No hold was ever placed on this loan."),
    )


def _credit_months(loan: Loan) -> Table:
    return Table(
        title=_("credit record by month"),
        columns=[
            Column(_("month")),
            Column(_("code")),
            Column(_("days past due"), is_number=True),
            Column(_("overdue"), is_number=True),
            Column(_("balance"), is_number=True),
        ],
        rows=[
            [
                f"{month.month:%Y-%m}",
                month.code,
                month.days_past_due,
                money(month.overdue_minor, loan.currency),
                money(month.balance_minor, loan.currency),
            ]
            for month in loan.credit_months.order_by("-month")[:60]
        ],
        note=_("As found by the close of each month's last day. Nothing of it is reported from here."),
        empty=_("No month has ended since this loan began."),
    )

"""What the daily reconciliations found; they must all find 0 fen."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from dashu.kernel.dates import lender_today
from dashu.ledger.models import Account
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money
from loans.admin import loan_link
from loans.models import Loan
from repayments.models import ReconciliationDay
from repayments.services.reconcile_day import reconcile_day


@admin.register(ReconciliationDay)
class ReconciliationDayAdmin(ReadOnlyAdmin):
    list_display = ["on", "result", "loans_compared", "differences", "ran_at", "actor"]
    sortable_by = ()
    ordering = ["-on"]
    fields = [("on", "ran_at", "actor")]
    change_form_outer_before_template = "staff/figures.html"
    change_form_outer_after_template = "staff/tables.html"
    actions_list = ["run_now"]

    @display(description=_("difference"), label={True: "success", False: "danger"})
    def result(self, day: ReconciliationDay) -> tuple[bool, str]:
        return day.is_clean, fen(day)

    @admin.display(description=_("loans compared"))
    def loans_compared(self, day: ReconciliationDay) -> str:
        return f"{day.loans:,}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        day = self.get_object(request, object_id)
        shown = {"figures": _figures(day), "tables": [_differences(day)]} if day else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def has_run_now_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("repayments.run_reconciliationday")

    @action(description=_("Reconcile now"), url_path="run", permissions=["run_now"], icon="rule")
    def run_now(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            day = reconcile_day(on=lender_today(), actor=actor_of(request))
            tell = messages.success if day.is_clean else messages.error
            tell(request, gettext("Every loan was compared with its postings: %(found)s.") % {"found": fen(day)})
            return redirect("admin:repayments_reconciliationday_change", day.pk)
        context = {**self.admin_site.each_context(request), "title": gettext("Reconcile now"), "opts": self.opts}
        return render(request, "ledger/reconcile_now.html", context)


def reconciliation_figure() -> Figure:
    """Return the newest result for the front page of the back office."""
    title = _("loans against ledger")
    day = ReconciliationDay.objects.order_by("-on").first()
    if day is None:
        return Figure(title, "–", _("Not reconciled yet."), "soon")
    is_old = (lender_today() - day.on).days > 1
    return Figure(title, fen(day), date_format(day.on), "late" if not day.is_clean else "soon" if is_old else "good")


def fen(day: ReconciliationDay) -> str:
    """Say what a day found in one phrase: "0 fen" when all is well."""
    found = gettext("%(minor)s fen") % {"minor": f"{day.difference_minor:,}"}
    if day.unbalanced:
        return gettext("%(found)s, debits and credits differ") % {"found": found}
    return found


def _figures(day: ReconciliationDay) -> list[Figure]:
    tone = "good" if day.differences == 0 else "late"
    unbalanced = ", ".join(money(minor, currency) for currency, minor in day.unbalanced.items())
    return [
        Figure(_("loans compared"), f"{day.loans:,}"),
        Figure(_("differences"), f"{day.differences:,}", tone=tone),
        Figure(_("sum of differences"), gettext("%(minor)s fen") % {"minor": f"{day.difference_minor:,}"}, tone=tone),
        Figure(
            _("debits less credits"),
            unbalanced or gettext("%(minor)s fen") % {"minor": 0},
            tone="late" if unbalanced else "good",
        ),
    ]


def _differences(day: ReconciliationDay) -> Table:
    loans = Loan.objects.in_bulk([item["loan_id"] for item in day.details])
    accounts = Account.objects.in_bulk()
    rows = []
    for item in day.details:
        loan, account = loans.get(item["loan_id"]), accounts.get(item["account"])
        currency = loan.currency if loan else "CNY"
        amounts = (item["rows_minor"], item["ledger_minor"], item["rows_minor"] - item["ledger_minor"])
        rows.append(
            [
                loan_link(loan) if loan else item["loan_id"],
                str(account or item["account"]),
                *(money(amount, currency) for amount in amounts),
            ]
        )
    return Table(
        title=_("first differences"),
        columns=[
            Column(_("loan")),
            Column(_("ledger account")),
            Column(_("the loan says"), is_number=True),
            Column(_("the ledger says"), is_number=True),
            Column(_("difference"), is_number=True),
        ],
        rows=rows,
        empty=_("None: every loan says what its postings say, to the fen."),
    )

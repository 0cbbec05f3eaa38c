"""Accounting periods: which are closed, closing the next one after a look at what it locks, reopening the newest."""

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.ledger.models import AccountingPeriod
from dashu.ledger.periods import ClosePreview, close_period, locked_through, preview_close, reopen_period
from dashu.portal.books.forms import ClosePeriodForm, ReasonForm
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of
from dashu.web.forms import add_refusal
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import lender_date, money


@admin.register(AccountingPeriod)
class AccountingPeriodAdmin(ReadOnlyAdmin):
    list_display = ["period", "state_label", "entries_shown", "turnover", "closed_by", "closed_at", "reopened_at"]
    sortable_by = ()
    ordering = ["-pk"]
    fields = [
        ("period", "state"),
        ("entries_shown", "turnover"),
        ("closed_by", "closed_at"),
        "reason",
        ("reopened_by", "reopened_at"),
        "reopen_reason",
    ]
    readonly_fields = [
        "period",
        "state",
        "entries_shown",
        "turnover",
        "closed_by",
        "closed_at",
        "reason",
        "reopened_by",
        "reopened_at",
        "reopen_reason",
    ]
    actions_list = ["close_next"]
    actions_detail = ["reopen"]

    @admin.display(description=_("accounting period"))
    def period(self, period: AccountingPeriod) -> str:
        return _span(period.starts_on, period.through)

    @admin.display(description=_("state"))
    def state(self, period: AccountingPeriod) -> Any:
        return _("Books closed") if period.is_closed else _("Reopened")

    @display(description=_("state"), label={True: "success", False: "warning"})
    def state_label(self, period: AccountingPeriod) -> tuple[bool, Any]:
        return period.is_closed, self.state(period)

    @admin.display(description=_("entries"))
    def entries_shown(self, period: AccountingPeriod) -> str:
        return f"{period.entries:,}"

    @admin.display(description=_("turnover"))
    def turnover(self, period: AccountingPeriod) -> str:
        return ", ".join(money(total["debit_minor"], currency) for currency, total in period.totals.items()) or "–"

    def has_close_next_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("ledger.close_accountingperiod")

    def has_reopen_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("ledger.reopen_accountingperiod")

    @action(description=_("Close a period"), url_path="close", permissions=["close_next"], icon="lock")
    def close_next(self, request: HttpRequest) -> HttpResponse:
        today = lender_today()
        if request.method == "POST" and "preview" not in request.POST:
            form = ClosePeriodForm(request.POST, today=today)
        else:
            form = ClosePeriodForm(initial=request.POST.dict(), today=today)
        if form.is_bound and form.is_valid():
            try:
                period = close_period(today=today, actor=actor_of(request), **form.cleaned_data)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                text = gettext("The books are closed through %(day)s.") % {"day": lender_date(period.through)}
                messages.success(request, text)
                return redirect("admin:ledger_accountingperiod_changelist")
        preview = preview_close(through=form.chosen_end, today=today)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Close an accounting period"),
            "opts": self.opts,
            "form": form,
            "preview": preview,
            "span": _span(preview.starts_on, preview.through),
            "table": _locked_table(preview),
        }
        return render(request, "ledger/close_period.html", context)

    @action(
        description=_("Reopen this period"),
        url_path="reopen",
        permissions=["reopen"],
        icon="lock_open",
        variant=ActionVariant.DANGER,
    )
    def reopen(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        period = self.get_object(request, object_id)
        if period is None:
            raise Http404
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                reopen_period(through=period.through, actor=actor_of(request), **form.cleaned_data)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, gettext("The period is open again."))
                return redirect("admin:ledger_accountingperiod_change", period.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Reopen %(period)s") % {"period": self.period(period)},
            "opts": self.opts,
            "form": form,
            "period": period,
            "is_newest": period.is_closed and period.through == locked_through(),
        }
        return render(request, "ledger/reopen_period.html", context)


def _span(starts_on: Any, through: Any) -> str:
    if starts_on is None:
        return gettext("From the beginning to %(through)s") % {"through": lender_date(through)}
    return gettext("%(since)s to %(through)s") % {"since": lender_date(starts_on), "through": lender_date(through)}


def _locked_table(preview: ClosePreview) -> Table:
    return Table(
        title=_("What will be locked"),
        columns=[
            Column(_("currency")),
            Column(_("entries"), is_number=True),
            Column(_("Debit"), is_number=True),
            Column(_("Credit"), is_number=True),
        ],
        rows=[
            [
                currency,
                f"{preview.entries:,}" if number == 0 else "",
                money(total.debit_minor, currency),
                money(total.credit_minor, currency),
            ]
            for number, (currency, total) in enumerate(preview.totals.items())
        ],
        empty=_("Nothing was reported in this period."),
    )

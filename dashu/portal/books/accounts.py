"""The chart of accounts, the trial balance of a period, the general ledger of one account, and both as files."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from dashu.audit import services as audit
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.money import EXPONENTS
from dashu.ledger import exporting
from dashu.ledger.general_ledger import AccountPage, Cursor, account_page, has_more_lines_than, ledger_lines
from dashu.ledger.models import Account, AccountRole
from dashu.ledger.periods import locked_through
from dashu.ledger.selectors import TrialBalanceLine, trial_balance
from dashu.portal.books.files import MEDIA_TYPES, MOST_LINES_OF_A_FILE, asked_format, file_answer
from dashu.portal.books.forms import PeriodForm
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import lender_date, money

TRIAL_BALANCE = "admin:ledger_account_trial_balance"
ACCOUNT_LEDGER = "admin:ledger_account_ledger"

LINES_OF_A_PAGE = 100


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["account", "account_name", "kind", "stands_for"]
    list_filter = ["kind"]
    list_per_page = 200
    ordering = ["code"]
    sortable_by = ()
    list_display_links = None
    actions_list = ["trial_balance"]
    fields = ["code", "account_name", "kind", "parent", "stands_for"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("roles")

    @admin.display(description=_("ledger account"))
    def account(self, account: Account) -> SafeString:
        return _account_link(account, *_this_month())

    @admin.display(description=_("name"))
    def account_name(self, account: Account) -> str:
        return account.label

    @admin.display(description=_("stands for"))
    def stands_for(self, account: Account) -> str:
        """For which products it takes the place of which standard account; nothing when it only stands for itself."""
        roles: list[AccountRole] = sorted(account.roles.all(), key=lambda role: role.product)
        return ", ".join(
            f"{role.role} · {role.product or gettext('all others')}" for role in roles if role.role != account.code
        )

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path("export/", self.admin_site.admin_view(self.export_view), name="ledger_export"),
            path("<str:code>/ledger/", self.admin_site.admin_view(self.ledger_view), name="ledger_account_ledger"),
        ]
        return pages + super().get_urls()

    @action(description=_("Trial balance"), url_path="trial-balance", permissions=["view"], icon="balance")
    def trial_balance(self, request: HttpRequest) -> HttpResponse:
        """Show what each account held before the chosen period, was debited and credited in it, and holds after."""
        form, since, through = _chosen(request)
        lines = trial_balance(through, since=since)
        context = {
            **self._frame(request, gettext("Trial balance")),
            **_period_context(form, since, through, address=reverse(TRIAL_BALANCE)),
            "tables": [
                _balance_table(lines, currency, since, through)
                for currency in sorted({line.currency for line in lines})
            ],
            "locked": locked_through(),
            "may_export": request.user.has_perm("ledger.export_journalentry"),
        }
        return render(request, "ledger/trial_balance.html", context)

    def ledger_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """Show the postings of one account and its parts, with the balance after each, a page at a time."""
        if not (self.has_view_permission(request) and request.user.has_perm("ledger.view_posting")):
            raise PermissionDenied
        account = Account.objects.filter(pk=code).first()
        currency = request.GET.get("currency", settings.CURRENCY)
        if account is None or currency not in EXPONENTS:
            raise Http404
        form, since, through = _chosen(request)
        try:
            after = Cursor.parse(request.GET["after"]) if request.GET.get("after") else None
        except DomainError as refusal:
            raise Http404(refusal.user_message) from refusal
        page = account_page(code, since=since, through=through, currency=currency, after=after, size=LINES_OF_A_PAGE)
        address = reverse(ACCOUNT_LEDGER, args=[code])
        chosen = _query(since, through, currency=currency)
        context = {
            **self._frame(request, str(account)),
            **_period_context(form, since, through, address=address, currency=currency),
            "tables": [_ledger_table(page, currency, is_first=after is None)],
            "next_page": f"{address}?{chosen}&{urlencode({'after': str(page.after)})}" if page.after else "",
            "first_page": f"{address}?{chosen}" if after else "",
            "trial_balance": f"{reverse(TRIAL_BALANCE)}?{_query(since, through)}",
        }
        return render(request, "ledger/account_ledger.html", context)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Send the general ledger or the trial balance of a period as a file, and note who took it."""
        if not request.user.has_perm("ledger.export_journalentry"):
            raise PermissionDenied
        form = PeriodForm(request.POST or None)
        what, _colon, file_format = request.POST.get("file", "").partition(":")
        file_format, has_mark = asked_format(file_format)
        if request.method != "POST" or not form.is_valid() or file_format not in MEDIA_TYPES:
            messages.error(request, gettext("Choose a period and a format."))
            return redirect(TRIAL_BALANCE)
        since, through = form.cleaned_data["since"], form.cleaned_data["through"]
        is_whole_ledger = what == "ledger"
        is_long = has_more_lines_than(MOST_LINES_OF_A_FILE, since=since, through=through)
        if is_whole_ledger and file_format != "csv" and is_long:
            messages.error(
                request,
                gettext(
                    "The period has more than %(most)s postings. Take it as CSV, or have it written by"
                    " manage.py export_ledger."
                )
                % {"most": f"{MOST_LINES_OF_A_FILE:,}"},
            )
            return redirect(f"{reverse(TRIAL_BALANCE)}?{_query(since, through)}")
        audit.record(
            action="ledger.exported",
            subject_type="general_ledger" if is_whole_ledger else "trial_balance",
            subject_id=f"{since}..{through}",
            actor=actor_of(request),
            data={"format": file_format},
        )
        if is_whole_ledger:
            header, rows = exporting.LEDGER_COLUMNS, exporting.ledger_rows(ledger_lines(since, through))
        else:
            header = exporting.TRIAL_BALANCE_COLUMNS
            rows = exporting.trial_balance_rows(trial_balance(through, since=since))
        name = f"{'general-ledger' if is_whole_ledger else 'trial-balance'}-{since}-{through}.{file_format}"
        return file_answer(name, file_format, header, rows, has_mark=has_mark)

    def _frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts}


def _chosen(request: HttpRequest) -> tuple[PeriodForm, date, date]:
    """Return the form and the period that it says; this month when it says none or cannot be read."""
    since, through = _this_month()
    form = PeriodForm(
        request.GET if "since" in request.GET or "through" in request.GET else None,
        initial={"since": since, "through": through},
    )
    if form.is_bound and form.is_valid():
        since, through = form.cleaned_data["since"], form.cleaned_data["through"]
    return form, since, through


def _this_month() -> tuple[date, date]:
    today = lender_today()
    return today.replace(day=1), today


def _period_context(form: PeriodForm, since: date, through: date, *, address: str, **kept: str) -> dict[str, Any]:
    """What `ledger/period_choice.html` takes."""
    today = lender_today()
    last_month = today.replace(day=1) - timedelta(days=1)
    choices = [
        (_("This month"), today.replace(day=1), today),
        (_("Last month"), last_month.replace(day=1), last_month),
        (_("This year"), today.replace(month=1, day=1), today),
        (_("Last year"), date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    ]
    return {
        "form": form,
        "since": since,
        "through": through,
        "kept": kept,
        "choices": [
            (title, f"{address}?{_query(first, last, **kept)}", (first, last) == (since, through))
            for title, first, last in choices
        ],
    }


def _query(since: date, through: date, **more: str) -> str:
    return urlencode({"since": since.isoformat(), "through": through.isoformat(), **more})


def _account_link(account: Account, since: date, through: date, **more: str) -> SafeString:
    address = f"{reverse(ACCOUNT_LEDGER, args=[account.code])}?{_query(since, through, **more)}"
    depth = account.code.count(".")
    return format_html('<a class="staff-depth-{}" href="{}">{}</a>', min(depth, 3), address, account.code)


def _balance_table(lines: list[TrialBalanceLine], currency: str, since: date, through: date) -> Table:
    held = [line for line in lines if line.currency == currency]
    rows: list[list[Any]] = [
        [
            _account_link(line.account, since, through, currency=currency),
            line.account.label,
            line.account.get_kind_display(),
            *_shown(currency, line.opening_minor, line.debit_minor, line.credit_minor, line.balance_minor),
        ]
        for line in held
    ]
    alone = [line for line in held if line.depth == 0]
    sums = [
        sum(getattr(line, name) for line in alone)
        for name in ("opening_minor", "debit_minor", "credit_minor", "balance_minor")
    ]
    rows.append([gettext("Total"), "", "", *_shown(currency, *sums)])
    return Table(
        title=gettext("%(currency)s, %(since)s to %(through)s")
        % {"currency": currency, "since": lender_date(since), "through": lender_date(through)},
        note=_("An account includes its parts, which are set in below it. Credit balances are negative."),
        columns=[
            Column(_("ledger account")),
            Column(_("name")),
            Column(_("kind")),
            Column(_("opening balance"), is_number=True),
            Column(_("Debit"), is_number=True),
            Column(_("Credit"), is_number=True),
            Column(_("closing balance"), is_number=True),
        ],
        rows=rows,
        empty="",
    )


def _ledger_table(page: AccountPage, currency: str, *, is_first: bool) -> Table:
    before = gettext("opening balance") if is_first else gettext("carried over")
    rows: list[list[Any]] = [["", "", capfirst(before), "", "", "", "", "", money(page.opening_minor, currency)]]
    for line, balance in page.lines:
        on, entry_id, _posting_id = line.place
        rows.append(
            [
                on.isoformat(),
                format_html(
                    '<a href="{}">{}</a>', reverse("admin:ledger_journalentry_change", args=[entry_id]), entry_id
                ),
                Truncator(line.description).chars(60),
                "" if line.effective_on == on else line.effective_on.isoformat(),
                line.account,
                line.loan_id,
                money(line.debit_minor, currency) if line.debit_minor else "",
                money(line.credit_minor, currency) if line.credit_minor else "",
                money(balance, currency),
            ]
        )
    return Table(
        title=_("Postings"),
        columns=[
            Column(_("reported on")),
            Column(_("journal entry")),
            Column(_("description")),
            Column(_("effective on")),
            Column(_("ledger account")),
            Column(_("loan")),
            Column(_("Debit"), is_number=True),
            Column(_("Credit"), is_number=True),
            Column(_("balance"), is_number=True),
        ],
        rows=rows,
        note=_("The day it counts from is shown where it is another than the day it is reported on."),
        empty="",
    )


def _shown(currency: str, *amounts: int) -> list[str]:
    return [money(amount, currency) for amount in amounts]

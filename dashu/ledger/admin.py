"""The books, for reading: entries with their postings, postings of a loan, and the trial balance below the chart."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import lender_today
from dashu.kernel.money import format_minor
from dashu.ledger.models import Account, JournalEntry, Posting
from dashu.ledger.selectors import trial_balance
from dashu.read_only_admin import ReadOnlyAdmin, ReadOnlyInline


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["code", "account_name", "kind"]
    list_filter = ["kind"]
    list_after_template = "ledger/trial_balance.html"

    @admin.display(description=_("name"))
    def account_name(self, account: Account) -> str:
        return account.label

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        today = lender_today()
        return super().changelist_view(
            request, {**(extra_context or {}), "trial_balance": _trial_balance_table(today), "today": today}
        )


class PostingInline(ReadOnlyInline):
    model = Posting
    fields = ["account", "side", "amount", "currency", "loan_id"]
    readonly_fields = fields
    ordering = ["id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Posting]:
        return super().get_queryset(request).select_related("account")

    @admin.display(description=_("amount"))
    def amount(self, posting: Posting) -> str:
        return _grouped(posting.amount_minor, posting.currency)


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    list_display = ["id", "effective_on", "kind", "description", "reference", "actor", "posted_at"]
    search_fields = ["=reference"]
    search_help_text = _("The whole reference")
    ordering = ["-id"]
    inlines = [PostingInline]


@admin.register(Posting)
class PostingAdmin(ReadOnlyAdmin):
    list_display = ["id", "effective_on", "account", "side", "amount", "currency", "loan_id", "entry"]
    list_select_related = ["account", "entry"]
    search_fields = ["loan_id"]
    search_help_text = _("The number of a loan in the ledger")
    ordering = ["-id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Posting], search_term: str
    ) -> tuple[QuerySet[Posting], bool]:
        """Find a loan's postings by the index; a search for anything else finds nothing."""
        if not search_term:
            return queryset, False
        wanted = int(search_term) if search_term.isascii() and search_term.isdigit() and len(search_term) < 19 else None
        return (queryset.none() if wanted is None else queryset.filter(loan_id=wanted)), False

    @admin.display(description=_("effective on"))
    def effective_on(self, posting: Posting) -> Any:
        return posting.entry.effective_on

    @admin.display(description=_("amount"))
    def amount(self, posting: Posting) -> str:
        return _grouped(posting.amount_minor, posting.currency)


def _trial_balance_table(today: Any) -> dict[str, list[Any]]:
    """Return the table that the page shows: a line for each account and currency, then each currency's total."""
    lines = trial_balance(today)
    rows = [
        [str(line.account), line.currency, *(_grouped(amount, line.currency) for amount in amounts)]
        for line in lines
        for amounts in [(line.debit_minor, line.credit_minor, line.balance_minor)]
    ]
    for currency in sorted({line.currency for line in lines}):
        held = [line for line in lines if line.currency == currency]
        totals = [sum(line.debit_minor for line in held), sum(line.credit_minor for line in held)]
        written = [_grouped(amount, currency) for amount in (*totals, totals[0] - totals[1])]
        rows.append([gettext("Total"), currency, *written])
    headers = [gettext("ledger account"), gettext("currency"), gettext("Debit"), gettext("Credit"), gettext("balance")]
    return {"headers": headers, "rows": rows}


def _grouped(minor: int, currency: str) -> str:
    """Return an amount with its thousands set apart: 105000 → "1,050.00"."""
    return f"{Decimal(format_minor(minor, currency)):,}"

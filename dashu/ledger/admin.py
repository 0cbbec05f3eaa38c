"""
The books, for reading: entries with their postings, and postings of a loan.

The chart, the trial balance and the periods are in `dashu.portal.books`: their pages need what lies above the ledger.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from dashu.kernel.money import format_minor
from dashu.ledger.models import JournalEntry, Posting
from dashu.read_only_admin import ReadOnlyAdmin, ReadOnlyInline


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
    list_display = ["id", "effective_on", "reported_on", "kind", "description", "reference", "actor", "posted_at"]
    search_fields = ["=reference"]
    search_help_text = _("The whole reference")
    ordering = ["-id"]
    fields = [
        ("effective_on", "reported_on", "posted_at"),
        ("kind", "reference", "reverses"),
        "description",
        ("actor", "txid"),
    ]
    readonly_fields = [
        "effective_on",
        "reported_on",
        "posted_at",
        "kind",
        "reference",
        "reverses",
        "description",
        "actor",
        "txid",
    ]
    inlines = [PostingInline]

    @admin.display(description=_("reported on"))
    def reported_on(self, entry: JournalEntry) -> date:
        return entry.accounting_day


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


def _grouped(minor: int, currency: str) -> str:
    """Return an amount with its thousands set apart: 105000 → "1,050.00"."""
    return f"{Decimal(format_minor(minor, currency)):,}"

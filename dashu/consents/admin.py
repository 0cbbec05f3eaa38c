"""The ledger of consents, for staff to read."""

from django.contrib import admin

from dashu.consents.models import ConsentEntry, ConsentText
from dashu.read_only_admin import ReadOnlyAdmin


@admin.register(ConsentEntry)
class ConsentEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "borrower", "person", "text", "kind", "about", "language")
    list_select_related = ("borrower", "text")
    list_filter = ("kind", "text__purpose")
    search_fields = ("about", "borrower__number")
    ordering = ("-id",)


@admin.register(ConsentText)
class ConsentTextAdmin(ReadOnlyAdmin):
    list_display = ("purpose", "version", "title_shown", "loaded_at")
    exclude = ("digest",)

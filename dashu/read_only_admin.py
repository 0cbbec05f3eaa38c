"""Admin pages that only show. What they show is changed by services or by files, never in a form."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.paginator import InfinitePaginator


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return False


class ReadOnlyAdmin(_ReadOnly, ModelAdmin):
    """A list and a page per row. Tables without end are paged without being counted."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    actions: Any = None


class ReadOnlyInline(_ReadOnly, TabularInline):
    """Rows below another row, paged because there may be tens of thousands."""

    per_page = 50
    extra = 0
    can_delete = False
    hide_title = True

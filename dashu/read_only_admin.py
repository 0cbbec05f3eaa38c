"""Admin pages that only show. What they show is changed by services or by files, never in a form."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.paginator import InfinitePaginator

from dashu.reach import of_people_given, past_no_queue


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return False


class ReadOnlyAdmin(_ReadOnly, ModelAdmin):
    """
    A list and a page per row. Tables without end are paged without being counted.

    :cvar of_people: path to the borrower whom a row is about, where who is given people one by one sees theirs only.
    :cvar past_queue: the same path, where they see what is about nobody who waits or is given to others.
    """

    of_people = ""
    past_queue = ""
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    actions: Any = None

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        if self.of_people:
            rows = of_people_given(rows, request.user, borrower=self.of_people)
        return past_no_queue(rows, request.user, borrower=self.past_queue) if self.past_queue else rows


class ReadOnlyInline(_ReadOnly, TabularInline):
    """Rows below another row, paged because there may be tens of thousands."""

    per_page = 50
    extra = 0
    can_delete = False
    hide_title = True

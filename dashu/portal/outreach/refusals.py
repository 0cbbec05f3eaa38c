"""Contacts that the guard refused, by reason and one by one."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import lender_now
from dashu.messaging.admin import reasons_text
from dashu.messaging.guard import Reason
from dashu.messaging.models import ContactRefusal, OutboxMessage
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.web.staff_tables import Column, Table

DAYS = 30


class ReasonFilter(admin.SimpleListFilter):
    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Reason.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(reasons__contains=[self.value()]) if self.value() in Reason.values else queryset


@admin.register(ContactRefusal)
class ContactRefusalAdmin(ReadOnlyAdmin):
    of_people = "borrower"
    list_display = ["at", "borrower", "channel", "purpose", "why", "stage", "next_allowed_at", "message"]
    list_display_links = None
    list_select_related = ["borrower", "message"]
    list_filter = [ReasonFilter, "channel", "purpose", "stage"]
    search_fields = ["=borrower__number"]
    ordering = ["-pk"]
    list_before_template = "staff/tables_above_list.html"

    @admin.display(description=_("reasons"))
    def why(self, refusal: ContactRefusal) -> str:
        return reasons_text(refusal.reasons)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        tables = [_by_reason()] if self.has_view_permission(request) else []
        return super().changelist_view(request, {**(extra_context or {}), "tables": tables})


def _by_reason() -> Table:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT reason, channel, count(*) FROM messaging_guarddecision, unnest(reasons) AS reason
            WHERE at > %s AND verdict = 'BLOCK' GROUP BY reason, channel
            """,
            [lender_now() - timedelta(days=DAYS)],
        )
        counts = {(reason, channel): count for reason, channel, count in cursor.fetchall()}
    channels = OutboxMessage.Channel
    return Table(
        title=_("Refused in the last 30 days"),
        note=_("A contact that was refused for several reasons counts under each. A reminder then goes another way."),
        columns=[Column(_("reason")), *(Column(channel.label, is_number=True) for channel in channels)],
        rows=[
            [reason.label, *(f"{counts.get((reason.value, channel.value), 0):,}" for channel in channels)]
            for reason in Reason
            if any((reason.value, channel.value) in counts for channel in channels)
        ],
        empty=_("Nothing was refused."),
    )

"""The audit log, for reading."""

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from dashu.audit.models import AuditRecord
from dashu.read_only_admin import ReadOnlyAdmin


@admin.register(AuditRecord)
class AuditRecordAdmin(ReadOnlyAdmin):
    list_display = ["at", "action", "subject_type", "subject_id", "actor"]
    fields = ["at", "action", "subject_type", "subject_id", "actor", "details"]
    readonly_fields = fields
    search_fields = ["subject_id"]
    search_help_text = _("A kind of record and its id, such as: loan 12")
    ordering = ["-id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditRecord], search_term: str
    ) -> tuple[QuerySet[AuditRecord], bool]:
        """Find the records of one subject by the index."""
        kind, _space, subject_id = search_term.strip().partition(" ")
        if not kind:
            return queryset, False
        return queryset.filter(subject_type=kind, **({"subject_id": subject_id.strip()} if subject_id else {})), False

    @admin.display(description=_("details"))
    def details(self, record: AuditRecord) -> str:
        return format_html("<pre>{}</pre>", json.dumps(record.data, ensure_ascii=False, indent=2, sort_keys=True))

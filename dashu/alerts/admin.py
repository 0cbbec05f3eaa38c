"""The alerts, open ones first."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from dashu.alerts.models import Alert
from dashu.read_only_admin import ReadOnlyAdmin


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["text", "state", "times", "first_at", "last_at"]
    list_display_links = None
    sortable_by: Sequence[str] = ()
    list_filter = ["kind"]
    fields = ["text", ("first_at", "last_at", "times"), "ended_at"]
    readonly_fields = ["text", "first_at", "last_at", "times", "ended_at"]

    @admin.display(description=_("what happened, and what to do"))
    def text(self, alert: Alert) -> str:
        return alert.text

    @display(description=_("status"), label={"open": "danger", "over": "success"})
    def state(self, alert: Alert) -> tuple[str, Any]:
        return ("over", _("Over")) if alert.ended_at else ("open", _("Open"))

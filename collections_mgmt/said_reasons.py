"""Why something began and ended, on pages of staff: in the reader's language where a code is stored."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from collections_mgmt.presenting import reason_words


class SaysReasons:
    """Mixed into the page of a row with `reason` and `end_reason`."""

    @admin.display(description=_("reason"))
    def reason_said(self, row: Any) -> str:
        return reason_words(row.reason) or "–"

    @admin.display(description=_("why it ended"))
    def end_reason_said(self, row: Any) -> str:
        return reason_words(row.end_reason) or "–"

"""From which closes the pack was made."""

from django.utils.translation import gettext as _

from dashu.kernel.dates import LENDER_ZONE
from dashu.regulatory.months import Month
from dashu.regulatory.section import Section


def closes(month: Month) -> Section:
    rows = [
        (each.on, each.times, each.ended_at.astimezone(LENDER_ZONE).isoformat(timespec="seconds"))
        for each in month.closes
    ]
    return Section(
        "11-closes",
        _("Nightly closes"),
        _("Each date of the month with the close that the figures come from."),
        (_("business date"), _("times closed"), _("ended at")),
        rows,
    )

"""Reports that are sent, as staff read them."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from dashu.insight.models import ReportSchedule
from dashu.insight.registry import REPORTS
from dashu.insight.schedule_forms import WEEKDAYS
from dashu.web.staff_tables import Column, Figure, Table

MOST_MAILS = 100


def title_of(schedule: ReportSchedule) -> Any:
    """Return the title of the report; one that is no longer there is called by its code."""
    report = REPORTS.get(schedule.report)
    return report.title if report else schedule.report


def when_words(schedule: ReportSchedule) -> str:
    words: dict[str, Any] = {"hour": f"{schedule.hour:02}:00", "day": schedule.day}
    if schedule.every == ReportSchedule.Every.WEEK:
        return _("every %(day)s at %(hour)s") % {**words, "day": dict(WEEKDAYS)[schedule.day]}
    return _("every month on day %(day)s at %(hour)s") % words


def moment_words(moment: datetime) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")


def schedule_figures(schedule: ReportSchedule) -> list[Figure]:
    following = _("stopped") if schedule.stopped_at else moment_words(schedule.next_at)
    return [
        Figure(_("when"), when_words(schedule)),
        Figure(_("next time"), following),
        Figure(_("months back"), schedule.months),
        Figure(_("format"), schedule.get_file_format_display()),
        Figure(_("made by"), str(schedule.made_by)),
    ]


def mails_table(schedule: ReportSchedule) -> Table:
    """Return the latest mails, failures with their reason; before the first, who is to get it."""
    mails = schedule.mails.select_related("receiver").order_by("-due_at", "pk")[:MOST_MAILS]
    return Table(
        title=_("What was sent"),
        note=_("To: %(people)s") % {"people": _(", ").join(str(user) for user in schedule.receivers.all())},
        columns=[
            Column(_("due at")),
            Column(_("receiver")),
            Column(_("state")),
            Column(_("attempts"), is_number=True),
            Column(_("why it failed")),
        ],
        rows=[
            [moment_words(mail.due_at), str(mail.receiver), mail.get_state_display(), mail.attempts, mail.error]
            for mail in mails
        ],
        empty=_("Nothing was sent yet."),
    )

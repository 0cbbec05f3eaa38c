"""What reminders do: payment in time with and without them, and how many messages reach people."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.selectors.reminder_effect import Effect, effects
from dashu.kernel.dates import lender_today
from dashu.kernel.shares import Difference, Share
from dashu.messaging.models import OutboxMessage, ReminderLine
from dashu.policy.rules import reminder_holdout
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import lender_date

DAYS = 30


@admin.register(ReminderLine)
class ReminderEffectAdmin(ReadOnlyAdmin):
    """Lines are shown summed up: there are tens of thousands a night."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = lender_today()
        found = effects(today=today)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Effect of reminders"),
            "opts": self.opts,
            "figures": _figures(found, today=today),
            "tables": [_experiments(found), _channels(today)],
        }
        return render(request, "staff/report.html", context)


def _figures(found: list[Effect], *, today: date) -> list[Figure]:
    holdout = reminder_holdout(today)
    figures = [
        Figure(
            _("held out at present"),
            f"{holdout.share_bps / 100:.2f}%",
            holdout.experiment or _("No experiment is running."),
        )
    ]
    if found and (gap := found[0].difference):
        tone = "plain" if not gap.is_clear else "good" if gap.value > 0 else "late"
        note = _("The difference is clear.") if gap.is_clear else _("This may be chance. Wait for more installments.")
        figures.append(Figure(_("paid in time more often with reminders"), _points(gap.value), note, tone))
    return figures


def _experiments(found: list[Effect]) -> Table:
    return Table(
        title=_("Paid in time, with and without reminders before the due date"),
        note=_(
            "Each installment that fell due counts once, in the part that its borrower was drawn into. In brackets the "
            "range in which the true value lies with 95% confidence."
        ),
        columns=[
            Column(_("experiment")),
            Column(_("due dates")),
            Column(_("reminded"), is_number=True),
            Column(_("not reminded"), is_number=True),
            Column(_("difference in points"), is_number=True),
        ],
        rows=[
            [
                effect.experiment,
                f"{lender_date(effect.first_due_on)} – {lender_date(effect.last_due_on)}",
                _rate(effect.reminded),
                _rate(effect.held_out),
                _gap(effect.difference),
            ]
            for effect in found
        ],
        empty=_("No experiment has installments that fell due. The rule reminders.holdout begins one."),
    )


def _channels(today: date) -> Table:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT channel, count(*) FILTER (WHERE status = 'SENT'), count(*) FILTER (WHERE delivery = 'DELIVERED'),
                   count(*) FILTER (WHERE delivery IN ('FAILED', 'BOUNCED')),
                   count(*) FILTER (WHERE delivery = 'COMPLAINED'), count(*) FILTER (WHERE status = 'CANCELLED'),
                   count(*) FILTER (WHERE status = 'BLOCKED'), count(*) FILTER (WHERE status = 'FAILED')
            FROM messaging_outboxmessage
            WHERE purpose = 'REMINDER' AND reminds_on > %s::date - %s AND reminds_on <= %s
            GROUP BY channel ORDER BY channel
            """,
            [today, DAYS, today],
        )
        rows = cursor.fetchall()
    labels = dict(OutboxMessage.Channel.choices)
    return Table(
        title=_("Reminders of the last 30 days by channel"),
        columns=[
            Column(_("channel")),
            *(
                Column(title, is_number=True)
                for title in (
                    _("sent"),
                    _("delivered"),
                    _("not delivered"),
                    _("unwanted"),
                    _("paid before it left"),
                    _("not allowed"),
                    _("given up"),
                )
            ),
        ],
        rows=[[labels.get(channel, channel), *(f"{count:,}" for count in counts)] for channel, *counts in rows],
        empty=_("No reminder went out."),
    )


def _rate(share: Share) -> str:
    if share.rate is None:
        return "–"
    low, high = share.interval()
    return gettext("%(rate)s of %(total)s (%(low)s … %(high)s)") % {
        "rate": f"{share.rate:.1%}",
        "total": f"{share.total:,}",
        "low": f"{low:.1%}",
        "high": f"{high:.1%}",
    }


def _gap(gap: Difference | None) -> str:
    return f"{_points(gap.value)} ({_points(gap.low)} … {_points(gap.high)})" if gap else "–"


def _points(value: float) -> str:
    """Return a difference of rates in percentage points."""
    return f"{value * 100:+.1f}"

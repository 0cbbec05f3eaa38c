"""The front page of the back office: how the last night went and who is behind, for those who may see it."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import CaseFile, CloseRange, CloseRun, CollectionCase, OverdueStatus, works_files
from collections_mgmt.presenting import bucket_label
from collections_mgmt.selectors.overview import latest_closed
from collections_mgmt.services.close_day import STAFF_COME
from dashu.alerts.models import Alert
from dashu.approvals.selectors import waiting_for
from dashu.kernel.dates import lender_now, lender_today
from dashu.messaging.models import OutboxMessage
from dashu.portal.books.reconciliations import reconciliation_figure
from dashu.users.actors import person_of
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money
from loans.models import Loan


def add_figures(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    figures: list[Figure] = []
    tables: list[Table] = []
    if request.user.has_perm("approvals.view_approvalrequest"):
        figures.append(_waiting_for(request.user))
    if request.user.has_perm("collections_mgmt.view_portfolioday"):
        figures.append(_overview())
    if works_files(request.user):
        figures.append(_own_files(request))
    elif request.user.has_perm("collections_mgmt.view_overduestatus"):
        rows = list(_behind_by_bucket())
        figures.append(Figure(_("overdue loans"), f"{sum(row['loans'] for row in rows):,}"))
        tables.append(_buckets(rows))
    if request.user.has_perm("collections_mgmt.view_collectioncase") and not works_files(request.user):
        figures.append(Figure(_("open cases"), f"{CollectionCase.objects.filter(status='OPEN').count():,}"))
    if request.user.has_perm("loans.view_loan"):
        waiting = Loan.objects.filter(status=Loan.Status.APPROVED).count()
        figures.append(Figure(_("waiting for payout"), f"{waiting:,}"))
    if request.user.has_perm("collections_mgmt.view_closerun"):
        figures.extend(_last_close())
    if request.user.has_perm("alerts.view_alert"):
        figures.extend(_open_alerts())
    if request.user.has_perm("messaging.rescue_outboxmessage"):
        figures.extend(_given_up())
    if request.user.has_perm("repayments.view_reconciliationday"):
        figures.append(reconciliation_figure())
    return {**context, "figures": figures, "tables": tables}


def _waiting_for(user: Any) -> Figure:
    count = waiting_for(user, on=lender_today()).count()
    address = reverse("admin:approvals_approvalrequest_changelist")
    note = format_html('<a href="{}">{}</a>', address, _("Decide"))
    return Figure(_("waiting for you"), f"{count:,}", note if count else "", "soon" if count else "plain")


def _own_files(request: HttpRequest) -> Figure:
    count = CaseFile.objects.visible_to(person_of(request)).count()
    note = format_html('<a href="{}">{}</a>', reverse("admin:collections_mgmt_casefile_changelist"), _("Open it"))
    return Figure(_("my desk"), f"{count:,}", note)


def _overview() -> Figure:
    day = latest_closed(lender_today())
    note = format_html('<a href="{}">{}</a>', reverse("admin:collections_mgmt_deskday_changelist"), _("Open it"))
    return Figure(_("overview of the desk"), date_format(day) if day else "–", note)


def _open_alerts() -> list[Figure]:
    count = Alert.objects.filter(ended_at=None).count()
    if not count:
        return []
    note = format_html('<a href="{}">{}</a>', reverse("admin:alerts_alert_changelist"), _("Look"))
    return [Figure(_("open alerts"), f"{count:,}", note, "late")]


def _given_up() -> list[Figure]:
    count = OutboxMessage.objects.filter(status=OutboxMessage.Status.FAILED).count()
    address = reverse("admin:messaging_outboxmessage_given_up")
    note = format_html('<a href="{}">{}</a>', address, _("Look at them"))
    return [Figure(_("messages given up"), f"{count:,}", note, "late")] if count else []


def _last_close() -> list[Figure]:
    run = CloseRun.objects.order_by("-business_date").first()
    if run is None:
        return [Figure(_("last close"), "–", _("No day has been closed yet."), "soon")]
    stuck = run.ranges.filter(status=CloseRange.Status.QUARANTINED).count()
    closed = CloseRun.objects.filter(status=CloseRun.Status.CLOSED).order_by("-business_date").first()
    is_late = closed is None or closed.business_date < lender_today() - timedelta(days=1)
    tone = "good" if not is_late else "late" if lender_now().hour >= STAFF_COME.hour else "soon"
    return [
        Figure(_("last close"), date_format(run.business_date), run.get_status_display(), tone),
        Figure(_("quarantined loans"), stuck, tone="late" if stuck else "good"),
    ]


def _behind_by_bucket() -> Any:
    total = F("principal_minor") + F("interest_minor") + F("fee_minor") + F("penalty_minor")
    return (
        OverdueStatus.objects.overdue()
        .values("bucket", "loan__currency")
        .annotate(loans=Count("pk"), minor=Sum(total))
        .order_by("bucket", "loan__currency")
    )


def _buckets(rows: list[dict[str, Any]]) -> Table:
    address = reverse("admin:collections_mgmt_overduestatus_changelist")
    return Table(
        title=_("Overdue by bucket"),
        columns=[
            Column(_("bucket")),
            Column(_("loans"), is_number=True),
            Column(_("overdue amount"), is_number=True),
        ],
        rows=[
            [
                format_html('<a href="{}?bucket={}">{}</a>', address, row["bucket"], bucket_label(row["bucket"])),
                f"{row['loans']:,}",
                money(row["minor"], row["loan__currency"]),
            ]
            for row in rows
        ],
        empty=_("Nobody is behind."),
    )

"""A borrower asks for a copy of everything that is kept of them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from dashu.kernel.dates import LENDER_ZONE, lender_date
from dashu.kernel.errors import DomainError
from dashu.policy.rules import privacy_export
from dashu.privacy.models import DataExport
from dashu.users.models import Borrower
from dashu.web.templatetags.dashu import lender_date as written_date

Status = DataExport.Status
OPEN = (Status.PENDING, Status.BUILDING)


class ExportTooSoon(DomainError):
    """A copy was made a short while ago."""

    code = "export_too_soon"
    http_status = 429


@transaction.atomic
def ask_export(*, borrower_id: int, language: str, now: datetime, actor: str) -> DataExport:
    """
    Have a copy made. While one is being made, asking again returns it and changes nothing.

    :raises ExportTooSoon: see there; one that failed does not count.
    """
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    mine = DataExport.objects.filter(borrower_id=borrower_id)
    if running := mine.filter(status__in=OPEN).first():
        return running
    every = privacy_export(lender_date(now)).every
    latest = mine.exclude(status=Status.FAILED).first()
    if latest and now < latest.asked_at + every:
        again = (latest.asked_at + every).astimezone(LENDER_ZONE)
        raise ExportTooSoon(
            _("A copy was made on this day. You can ask for the next one from %(moment)s."),
            params={"moment": f"{written_date(again)} {again:%H:%M}"},
        )
    export = DataExport.objects.create(borrower_id=borrower_id, language=language, asked_at=now)
    audit.record(action="privacy.export_asked", subject_type="borrower", subject_id=borrower_id, actor=actor)
    events.publish("privacy.export_asked", export_id=export.pk)
    return export

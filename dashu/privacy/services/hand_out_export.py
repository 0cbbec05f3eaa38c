"""Give a copy of somebody's data to its owner, and write down that it was fetched."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.privacy.models import DataExport
from dashu.privacy.services.export_files import content_of, exists


class ExportNotThere(DomainError):
    """It is not ready yet, was deleted, or could not be made."""

    code = "export_not_there"
    http_status = 404


@transaction.atomic
def hand_out_export(export: DataExport, *, now: datetime, actor: str) -> Iterator[bytes]:
    """
    Return the pieces of the ZIP file, after a line in the audit log.

    :param export: one that the actor may see.
    :raises ExportNotThere: see there.
    """
    is_there = export.status == DataExport.Status.READY and export.delete_after and now < export.delete_after
    if not is_there or not exists(export):
        raise ExportNotThere(_("This copy is not there any more. Please ask for a new one."))
    DataExport.objects.filter(pk=export.pk).update(fetched_at=now)
    audit.record(action="privacy.export_fetched", subject_type="borrower", subject_id=export.borrower_id, actor=actor)
    return content_of(export)

"""Look at a document for harm, once, before anyone may open it."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from dashu import events
from dashu.alerts.services import end_alert, raise_alert_if_possible
from dashu.users.sealing import CannotOpen
from loans.domain.document_files import Reason
from loans.models import ApplicationDocument
from loans.scanners.base import ScannerUnavailable
from loans.scanners.choosing import scanner
from loans.services.application_rows import Kind, lock_application, note
from loans.services.document_contents import content_of

Scan = ApplicationDocument.Scan
ACTOR = "system:scan"
# The event's task gets this long before the sweep takes over.
PATIENCE = timedelta(minutes=1)
BATCH = 200
# A scanner that fails at one file may do at the next one; after so many in a row it is down.
FAILURES = 3

logger = logging.getLogger(__name__)


def scan_document(*, document_id: int, now: datetime) -> bool:
    """
    Have a document looked at, and open it or refuse it; return whether it is settled.

    One that is settled already, or was taken back, is left as it is. Without an answer of the scanner it keeps waiting.
    """
    document = ApplicationDocument.objects.kept().filter(pk=document_id, scan=Scan.WAITING).first()
    if document is None:
        return True
    try:
        reason = scanner().scan(content_of(document))
    except FileNotFoundError:
        reason = Reason.LOST
    except (ScannerUnavailable, CannotOpen) as refusal:
        raise_alert_if_possible("documents.not_scanned", document=document_id, error=refusal.user_message)
        return False
    _settle(document, reason, now)
    end_alert("documents.not_scanned")
    return True


def scan_forgotten(*, now: datetime) -> int:
    """Have looked at what an event missed or a scanner that was down; return how many were settled."""
    waiting = ApplicationDocument.objects.kept().filter(scan=Scan.WAITING, added_at__lte=now - PATIENCE)
    settled = failures = 0
    for document_id in waiting.order_by("added_at").values_list("pk", flat=True)[:BATCH]:
        if scan_document(document_id=document_id, now=now):
            settled, failures = settled + 1, 0
        else:
            failures += 1
            if failures == FAILURES:
                logger.error("The scanner did not look at %s documents in a row; the rest waits.", FAILURES)
                break
    return settled


@transaction.atomic
def _settle(scanned: ApplicationDocument, reason: Reason | None, now: datetime) -> None:
    application = lock_application(scanned.application_id)
    document = ApplicationDocument.objects.select_for_update().get(pk=scanned.pk)
    # Under another name, it was sealed anew meanwhile: not lost, and looked at again by the sweep.
    if document.scan != Scan.WAITING or document.removed_at or document.stored_as != scanned.stored_as:
        return
    document.scan = Scan.REFUSED if reason else Scan.CLEAN
    document.scanned_at = now
    document.refused_because = reason.value if reason else ""
    document.save(update_fields=["scan", "scanned_at", "refused_because"])
    if reason:
        note(application, Kind.DOCUMENT_REFUSED, now=now, actor=ACTOR, document=document.pk, reason=reason.value)
        events.publish("loans.document_removed", document_id=document.pk)

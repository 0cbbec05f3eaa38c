"""
Putting a copy together, in the background.

A worker claims the row, writes the file, and only then marks it ready and tells its owner. One that dies leaves a claim
that is taken back; the next attempt writes the same file anew.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F

from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.messaging.models import OutboxMessage
from dashu.messaging.services.enqueue import enqueue
from dashu.policy.rules import privacy_export
from dashu.privacy.archive import write_archive
from dashu.privacy.models import DataExport
from dashu.privacy.services.export_files import erase, place_of, store
from dashu.privacy.templates import EXPORT_FAILED, EXPORT_READY
from dashu.users.sealed_files import SealingWriter

logger = logging.getLogger(__name__)

Status = DataExport.Status
MOST_ATTEMPTS = 3
CLAIM_LASTS = timedelta(minutes=30)


def build_export(*, export_id: int, clock: Callable[[], datetime]) -> bool:
    """Make the copy and return True; False where another worker has it, or there is nothing to make (any more)."""
    claimed = DataExport.objects.filter(pk=export_id, status=Status.PENDING).update(
        status=Status.BUILDING, claimed_at=clock(), attempts=F("attempts") + 1
    )
    if not claimed:
        return False
    export = DataExport.objects.select_related("borrower").get(pk=export_id)
    try:
        size = _write(export, clock())
    except Exception:
        # Whatever one person's rows do to our code, they are told, and the worker goes on.
        logger.exception("the copy of data %s could not be made", export.pk)
        _fail(export)
        return False
    return _finish(export, size, clock())


def sweep_exports(*, clock: Callable[[], datetime]) -> int:
    """Make what an event missed or a stopped worker left, delete what is old enough, and return how many were made."""
    now = clock()
    DataExport.objects.filter(status=Status.BUILDING, claimed_at__lt=now - CLAIM_LASTS).update(status=Status.PENDING)
    for export in DataExport.objects.filter(status=Status.READY, delete_after__lte=now).order_by("pk"):
        erase(export)
        DataExport.objects.filter(pk=export.pk, status=Status.READY).update(status=Status.DELETED)
    waiting = DataExport.objects.filter(status=Status.PENDING, asked_at__lt=now - timedelta(minutes=1)).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True))
    return sum(build_export(export_id=export_id, clock=clock) for export_id in ids)


def _write(export: DataExport, now: datetime) -> int:
    """Write and store the file, and return the size of the ZIP file. What lies on the disk meanwhile is sealed."""
    with tempfile.TemporaryFile() as sealed:
        writer = SealingWriter(sealed, name=place_of(export))
        with _one_moment():
            write_archive(writer, export.borrower, made_on=lender_date(now).isoformat())
        writer.finish()
        sealed.seek(0)
        store(export, sealed)
        return writer.size


@contextmanager
def _one_moment() -> Iterator[None]:
    """All tables as they were at one moment. Inside of another transaction, that one says what is seen."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@transaction.atomic
def _finish(export: DataExport, size: int, now: datetime) -> bool:
    until = now + timedelta(days=privacy_export(lender_date(now)).keep_days)
    is_ours = DataExport.objects.filter(pk=export.pk, status=Status.BUILDING, attempts=export.attempts).update(
        status=Status.READY, ready_at=now, size=size, delete_after=until
    )
    if not is_ours:
        return False
    _tell(export, EXPORT_READY, until_on=lender_date(until).isoformat())
    audit.record(
        action="privacy.export_made", subject_type="borrower", subject_id=export.borrower_id, actor="system:privacy"
    )
    return True


@transaction.atomic
def _fail(export: DataExport) -> None:
    is_over = export.attempts >= MOST_ATTEMPTS
    mine = DataExport.objects.filter(pk=export.pk, status=Status.BUILDING, attempts=export.attempts)
    if mine.update(status=Status.FAILED if is_over else Status.PENDING) and is_over:
        erase(export)
        _tell(export, EXPORT_FAILED)


def _tell(export: DataExport, template: str, **params: str) -> None:
    channels = [OutboxMessage.Channel.IN_APP] + ([OutboxMessage.Channel.EMAIL] if export.borrower.email else [])
    for channel in channels:
        enqueue(
            dedupe_key=f"{template}:{export.pk}:{channel}",
            borrower_id=export.borrower_id,
            template=template,
            params=params,
            channel=channel,
        )

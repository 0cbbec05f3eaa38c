"""
Where uploaded files lie: sealed, under random names, in the storage `private` of the settings.

A file and its row cannot be written in one transaction, so the file is written first and removed again when no row
came to name it; what a crash leaves in between, the nightly task finds by asking which files no row names.
"""

import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import IO

from django.core.files.base import File
from django.core.files.storage import Storage, storages

from dashu.bulk.models import BulkJob
from dashu.kernel.dates import lender_date
from dashu.users.sealed_files import SealingWriter, opened
from dashu.users.sealing import CannotOpen, current_prefix

FOLDER = "jobs"
# Long after any request that could still be about to write the row.
ORPHAN_AFTER = timedelta(days=1)
_LENGTH = 4  # before each sealed piece


@contextmanager
def new_file(pieces: Iterable[bytes], *, on: date) -> Iterator[str]:
    """
    Store a file before the transaction that writes its row, and give its name; without such a row it is removed.

    To be entered outside of transactions.
    """
    stored_as = _store(pieces, on=on)
    try:
        yield stored_as
    finally:
        # Asked of the database and not of the caller: a commit whose answer got lost may have happened.
        if not BulkJob.objects.filter(stored_as=stored_as).exists():
            _private().delete(stored_as)


def content_of(job: BulkJob) -> Iterator[bytes]:
    """
    Yield the file piece by piece.

    :raises FileNotFoundError: it is not there (any more).
    :raises CannotOpen: its key is gone, or it is not what was stored under this name.
    """
    with _private().open(job.stored_as) as file:
        yield from opened(file, name=_place(job.stored_as))


def erase_file(job: BulkJob) -> None:
    """Delete the file; deleting it again does nothing."""
    if job.stored_as:
        _private().delete(job.stored_as)


def remove_orphans(*, now: datetime) -> int:
    """Remove the files that no row names, and return how many; those of the last day may still get their row."""
    removed = 0
    for folder in _listed(FOLDER)[0]:
        names = [f"{FOLDER}/{folder}/{name}" for name in _listed(f"{FOLDER}/{folder}")[1]]
        known = set(BulkJob.objects.filter(stored_as__in=names).values_list("stored_as", flat=True))
        for name in names:
            if name not in known and _private().get_modified_time(name) < now - ORPHAN_AFTER:
                _private().delete(name)
                removed += 1
    return removed


def reseal_files() -> tuple[int, list[str]]:
    """
    Seal every file anew that has another key than the one in front.

    :returns: how many, and the job of each that could not be read; it was left as it is.
    """
    resealed, unreadable = 0, []
    for job in BulkJob.objects.filter(erased_at=None).exclude(stored_as="").order_by("pk").iterator():
        try:
            resealed += _reseal(job)
        except (CannotOpen, FileNotFoundError):
            unreadable.append(f"bulk_bulkjob {job.pk}")
    return resealed, unreadable


def _reseal(job: BulkJob) -> bool:
    with _private().open(job.stored_as) as file:
        file.read(_LENGTH)
        if file.read(len(current_prefix())) == current_prefix().encode():
            return False
    old = job.stored_as
    with new_file(content_of(job), on=lender_date(job.created_at)) as stored_as:
        is_ours = BulkJob.objects.filter(pk=job.pk, stored_as=old).update(stored_as=stored_as)
    if is_ours:
        _private().delete(old)
    return bool(is_ours)


def _store(pieces: Iterable[bytes], *, on: date) -> str:
    name = f"{FOLDER}/{on.isoformat()}/{secrets.token_hex(16)}"
    with tempfile.TemporaryFile() as sealed:
        _seal(pieces, sealed, name)
        stored_as = _private().save(name, File(sealed))
    assert stored_as == name, "another file has the name that was drawn"
    return stored_as


def _seal(pieces: Iterable[bytes], target: IO[bytes], name: str) -> None:
    writer = SealingWriter(target, name=_place(name))
    for piece in pieces:
        writer.write(piece)
    writer.finish()
    target.seek(0)


def _place(stored_as: str) -> str:
    """A file that is put in the place of another cannot be opened there."""
    return f"bulk_bulkjob.file {stored_as}"


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return _private().listdir(folder)
    except FileNotFoundError:
        return [], []


def _private() -> Storage:
    return storages["private"]

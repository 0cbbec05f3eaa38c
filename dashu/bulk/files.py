"""Where uploaded files lie: sealed, under random names, in the storage `private` of the settings."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import IO

from django.core.files.base import File

from dashu.bulk.models import BulkJob
from dashu.kernel.dates import lender_date
from dashu.users.private_files import FilesOfRows, private
from dashu.users.sealed_files import SealingWriter, opened
from dashu.users.sealing import CannotOpen, current_prefix

_FILES = FilesOfRows("jobs", BulkJob)
_LENGTH = 4  # before each sealed piece


@contextmanager
def new_file(pieces: Iterable[bytes], *, on: date) -> Iterator[str]:
    """
    Store a file before the transaction that writes its row, and give its name; without such a row it is removed.

    To be entered outside of transactions.
    """
    with _FILES.removed_without_row(_store(pieces, on=on)) as stored_as:
        yield stored_as


def content_of(job: BulkJob) -> Iterator[bytes]:
    """
    Yield the file piece by piece.

    :raises FileNotFoundError: it is not there (any more).
    :raises CannotOpen: its key is gone, or it is not what was stored under this name.
    """
    with private().open(job.stored_as) as file:
        yield from opened(file, name=_place(job.stored_as))


def erase_file(job: BulkJob) -> None:
    """Delete the file; deleting it again does nothing."""
    if job.stored_as:
        private().delete(job.stored_as)


def remove_orphans(*, now: datetime) -> int:
    """Remove the files that no row names, and return how many; those of the last day may still get their row."""
    return _FILES.remove_orphans(now=now)


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
    with private().open(job.stored_as) as file:
        file.read(_LENGTH)
        if file.read(len(current_prefix())) == current_prefix().encode():
            return False
    old = job.stored_as
    with new_file(content_of(job), on=lender_date(job.created_at)) as stored_as:
        is_ours = BulkJob.objects.filter(pk=job.pk, stored_as=old).update(stored_as=stored_as)
    if is_ours:
        private().delete(old)
    return bool(is_ours)


def _store(pieces: Iterable[bytes], *, on: date) -> str:
    name = _FILES.new_name(on=on)
    with tempfile.TemporaryFile() as sealed:
        _seal(pieces, sealed, name)
        _FILES.save(name, File(sealed))
    return name


def _seal(pieces: Iterable[bytes], target: IO[bytes], name: str) -> None:
    writer = SealingWriter(target, name=_place(name))
    for piece in pieces:
        writer.write(piece)
    writer.finish()
    target.seek(0)


def _place(stored_as: str) -> str:
    """A file that is put in the place of another cannot be opened there."""
    return f"bulk_bulkjob.file {stored_as}"

"""Where the files for bureaus lie: sealed, under random names, in the storage `private` of the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import IO

from django.core.files.base import File

from dashu.credit_reporting.models import ReportingFile
from dashu.kernel.dates import lender_date
from dashu.users.private_files import FilesOfRows, private
from dashu.users.sealed_files import SealingWriter, opened
from dashu.users.sealing import CannotOpen, current_prefix

_FILES = FilesOfRows("credit-files", ReportingFile)
_LENGTH = 4  # before each sealed piece


@contextmanager
def new_name(*, on: date) -> Iterator[str]:
    """Give a name for a file whose row is about to be written; without that row it is removed at the end."""
    with _FILES.removed_without_row(_FILES.new_name(on=on)) as name:
        yield name


@contextmanager
def sealing(name: str) -> Iterator[SealingWriter]:
    """Seal what is written, and store it under the name at the end."""
    with TemporaryFile() as sealed:
        writer = SealingWriter(sealed, name=_place(name))
        yield writer
        writer.finish()
        sealed.seek(0)
        _FILES.save(name, File(sealed))


def content_of(file: ReportingFile) -> Iterator[bytes]:
    """
    Yield the file piece by piece.

    :raises FileNotFoundError: it is not there (any more). :raises CannotOpen: it is not what was stored.
    """
    with private().open(file.stored_as) as source:
        yield from opened(source, name=_place(file.stored_as))


def erase(stored_as: str) -> None:
    if stored_as:
        private().delete(stored_as)


def remove_orphans(*, now: datetime) -> int:
    """Remove the files that no row names, and return how many."""
    return _FILES.remove_orphans(now=now)


def reseal_files() -> tuple[int, list[str]]:
    """Seal every file anew that has another key than the one in front; return how many, and which could not be read."""
    resealed, unreadable = 0, []
    for file in ReportingFile.objects.exclude(stored_as="").order_by("pk").iterator():
        try:
            resealed += _reseal(file)
        except (CannotOpen, FileNotFoundError):
            unreadable.append(f"credit_reporting_reportingfile {file.pk}")
    return resealed, unreadable


def _reseal(file: ReportingFile) -> bool:
    if not _has_old_key(file.stored_as):
        return False
    old = file.stored_as
    with new_name(on=lender_date(file.built_at)) as name:
        with sealing(name) as writer:
            for piece in content_of(file):
                writer.write(piece)
        is_ours = ReportingFile.objects.filter(pk=file.pk, stored_as=old).update(stored_as=name)
    if is_ours:
        erase(old)
    return bool(is_ours)


def _has_old_key(stored_as: str) -> bool:
    source: IO[bytes]
    with private().open(stored_as) as source:
        source.read(_LENGTH)
        return source.read(len(current_prefix())) != current_prefix().encode()


def _place(stored_as: str) -> str:
    """A file that is put in the place of another cannot be opened there."""
    return f"credit_reporting_reportingfile.file {stored_as}"

"""Where the content of documents lies: sealed, under random names, in the storage `private` of the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from django.core.files.base import ContentFile

from dashu.kernel.dates import lender_date
from dashu.users.private_files import BATCH, FilesOfRows, private
from dashu.users.sealing import CannotOpen, current_prefix, open_sealed_bytes, seal_bytes
from loans.models import ApplicationDocument

_FILES = FilesOfRows("documents", ApplicationDocument)


@contextmanager
def new_content(content: bytes, *, on: date) -> Iterator[str]:
    """
    Store a content before the transaction that writes its row, and give its name; without such a row it is removed.

    To be entered outside of transactions.
    """
    with _FILES.removed_without_row(_store(content, on=on)) as stored_as:
        yield stored_as


def content_of(document: ApplicationDocument) -> bytes:
    """
    :raises FileNotFoundError: it is not there (any more).
    :raises CannotOpen: its key is gone, or it is not what was stored under this name.
    """
    with private().open(document.stored_as) as file:
        return open_sealed_bytes(file.read(), place=_place(document.stored_as))


def erase_content(document: ApplicationDocument) -> None:
    """Delete the content; deleting it again does nothing."""
    private().delete(document.stored_as)


def remove_orphans(*, now: datetime) -> int:
    """Remove the files that no row names, and return how many; those of the last day may still get their row."""
    return _FILES.remove_orphans(now=now)


def reseal_contents() -> tuple[int, list[str]]:
    """
    Seal every content anew that has another key than the one in front.

    :returns: how many, and the document of each that could not be read; it was left as it is.
    """
    resealed, unreadable, after = 0, [], 0
    while batch := list(ApplicationDocument.objects.filter(erased_at=None, pk__gt=after).order_by("pk")[:BATCH]):
        for document in batch:
            try:
                resealed += _reseal(document)
            except (CannotOpen, FileNotFoundError):
                unreadable.append(f"loans_applicationdocument {document.pk}")
        after = batch[-1].pk
    return resealed, unreadable


def _reseal(document: ApplicationDocument) -> bool:
    with private().open(document.stored_as) as file:
        if file.read(len(current_prefix())) == current_prefix().encode():
            return False
    old = document.stored_as
    with new_content(content_of(document), on=lender_date(document.added_at)) as stored_as:
        is_ours = ApplicationDocument.objects.filter(pk=document.pk, stored_as=old, erased_at=None).update(
            stored_as=stored_as
        )
    if is_ours:
        private().delete(old)
    return bool(is_ours)


def _store(content: bytes, *, on: date) -> str:
    name = _FILES.new_name(on=on)
    _FILES.save(name, ContentFile(seal_bytes(content, place=_place(name))))
    return name


def _place(stored_as: str) -> str:
    """A file that is put in the place of another cannot be opened there."""
    return f"loans_applicationdocument.content {stored_as}"

"""
Where the content of documents lies: sealed, under random names, in the storage `private` of the settings.

A file and its row cannot be written in one transaction. So the file is written first, and removed again when no row
came to name it; what a crash leaves in between, the sweep finds by asking which files no row names.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from dashu.kernel.dates import lender_date
from dashu.users.sealing import CannotOpen, current_prefix, open_sealed_bytes, seal_bytes
from loans.models import ApplicationDocument

FOLDER = "documents"
# Long after any request or task that could still be about to write the row.
ORPHAN_AFTER = timedelta(days=1)
BATCH = 500


@contextmanager
def new_content(content: bytes, *, on: date) -> Iterator[str]:
    """
    Store a content before the transaction that writes its row, and give its name; without such a row it is removed.

    To be entered outside of transactions.
    """
    stored_as = _store(content, on=on)
    try:
        yield stored_as
    finally:
        # Asked of the database and not of the caller: a commit whose answer got lost may have happened.
        if not ApplicationDocument.objects.filter(stored_as=stored_as).exists():
            _private().delete(stored_as)


def content_of(document: ApplicationDocument) -> bytes:
    """
    :raises FileNotFoundError: it is not there (any more).
    :raises CannotOpen: its key is gone, or it is not what was stored under this name.
    """
    with _private().open(document.stored_as) as file:
        return open_sealed_bytes(file.read(), place=_place(document.stored_as))


def erase_content(document: ApplicationDocument) -> None:
    """Delete the content; deleting it again does nothing."""
    _private().delete(document.stored_as)


def remove_orphans(*, now: datetime) -> int:
    """Remove the files that no row names, and return how many; those of the last day may still get their row."""
    return sum(_remove_orphans_of(f"{FOLDER}/{day}", now) for day in _listed(FOLDER)[0])


def _remove_orphans_of(folder: str, now: datetime) -> int:
    names = [f"{folder}/{name}" for name in _listed(folder)[1]]
    removed = 0
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        known = set(ApplicationDocument.objects.filter(stored_as__in=batch).values_list("stored_as", flat=True))
        for name in batch:
            if name not in known and _private().get_modified_time(name) < now - ORPHAN_AFTER:
                _private().delete(name)
                removed += 1
    return removed


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
    with _private().open(document.stored_as) as file:
        if file.read(len(current_prefix())) == current_prefix().encode():
            return False
    old = document.stored_as
    with new_content(content_of(document), on=lender_date(document.added_at)) as stored_as:
        is_ours = ApplicationDocument.objects.filter(pk=document.pk, stored_as=old, erased_at=None).update(
            stored_as=stored_as
        )
    if is_ours:
        _private().delete(old)
    return bool(is_ours)


def _store(content: bytes, *, on: date) -> str:
    name = f"{FOLDER}/{on.isoformat()}/{secrets.token_hex(16)}"
    stored_as = _private().save(name, ContentFile(seal_bytes(content, place=_place(name))))
    assert stored_as == name, "another file has the name that was drawn"
    return stored_as


def _place(stored_as: str) -> str:
    """A file that is put in the place of another cannot be opened there."""
    return f"loans_applicationdocument.content {stored_as}"


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return _private().listdir(folder)
    except FileNotFoundError:
        return [], []


def _private() -> Storage:
    return storages["private"]

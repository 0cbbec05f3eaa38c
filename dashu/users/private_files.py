"""
Files that belong to a row: under random names, a folder a day, in the storage `private` of the settings.

A file and its row cannot be written in one transaction, so the file is written first and removed again when no row
came to name it; what a crash leaves in between, the nightly task finds by asking which files no row names.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.db.models import Model

# Long after any request or task that could still be about to write the row.
ORPHAN_AFTER = timedelta(days=1)
BATCH = 500


def private() -> Storage:
    return storages["private"]


@dataclass(frozen=True, slots=True)
class FilesOfRows:
    """The files of one table. :param model: names its file in `stored_as`."""

    folder: str
    model: type[Model]

    def new_name(self, *, on: date) -> str:
        return f"{self.folder}/{on.isoformat()}/{secrets.token_hex(16)}"

    def save(self, name: str, sealed: File) -> None:
        """Store what is sealed under a name that `new_name` drew."""
        stored_as = private().save(name, sealed)
        assert stored_as == name, "another file has the name that was drawn"

    @contextmanager
    def removed_without_row(self, stored_as: str) -> Iterator[str]:
        """Remove the file at the end, unless a row names it by then. To be entered outside of transactions."""
        try:
            yield stored_as
        finally:
            # Asked of the database and not of the caller: a commit whose answer got lost may have happened.
            if not self._known([stored_as]):
                private().delete(stored_as)

    def remove_orphans(self, *, now: datetime) -> int:
        """Remove the files that no row names, and return how many; those of the last day may still get their row."""
        return sum(self._remove_orphans_of(f"{self.folder}/{day}", now) for day in _listed(self.folder)[0])

    def _remove_orphans_of(self, folder: str, now: datetime) -> int:
        names = [f"{folder}/{name}" for name in _listed(folder)[1]]
        removed = 0
        for start in range(0, len(names), BATCH):
            batch = names[start : start + BATCH]
            known = self._known(batch)
            for name in batch:
                if name not in known and private().get_modified_time(name) < now - ORPHAN_AFTER:
                    private().delete(name)
                    removed += 1
        return removed

    def _known(self, names: list[str]) -> set[Any]:
        rows = self.model._default_manager.filter(stored_as__in=names)
        return set(rows.values_list("stored_as", flat=True))


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return private().listdir(folder)
    except FileNotFoundError:
        return [], []

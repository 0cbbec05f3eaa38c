"""Where copies of people's data lie: sealed, named by their token, in the storage `private` of the settings."""

from collections.abc import Iterator
from typing import IO

from django.core.files.base import File

from dashu.privacy.models import DataExport
from dashu.users.private_files import private
from dashu.users.sealed_files import opened

FOLDER = "exports"


def place_of(export: DataExport) -> str:
    """Return what the pieces of the file are bound to."""
    return f"privacy_dataexport.file {export.token}"


def store(export: DataExport, sealed: IO[bytes]) -> None:
    """Store a file that was sealed, in the place of one from an attempt that was broken off."""
    erase(export)
    stored_as = private().save(_name(export), File(sealed))
    assert stored_as == _name(export), "two workers stored the same copy at once"


def content_of(export: DataExport) -> Iterator[bytes]:
    """
    Yield the ZIP file piece by piece.

    :raises FileNotFoundError: it is not there (any more).
    :raises CannotOpen: its key is gone, or it is not what was stored.
    """
    with private().open(_name(export)) as file:
        yield from opened(file, name=place_of(export))


def exists(export: DataExport) -> bool:
    return private().exists(_name(export))


def erase(export: DataExport) -> None:
    """Delete the file; deleting it again does nothing."""
    private().delete(_name(export))


def _name(export: DataExport) -> str:
    return f"{FOLDER}/{export.token.hex}"

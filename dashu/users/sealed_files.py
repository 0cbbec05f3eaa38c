"""
Files that are sealed on their way to the storage and opened on their way back, a piece at a time, so that neither
needs memory for the whole.

A file is a row of pieces, each a length of four bytes and what `seal_bytes` made of it. A piece is bound to its file,
its place in it, and to being the last or not: pieces cannot be swapped, dropped or cut off without being noticed.
"""

import io
from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext_lazy as _

from dashu.users.sealing import CannotOpen, open_sealed_bytes, seal_bytes

PIECE = 1024 * 1024
_LENGTH = 4


class SealingWriter(io.RawIOBase):
    """
    Seals what is written to it. It must be finished, or the file does not open.

    :ivar size: how many bytes were written to it so far.
    """

    def __init__(self, target: IO[bytes], *, name: str) -> None:
        super().__init__()
        self._target, self._name = target, name
        self._waiting = bytearray()
        self._number = 0
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        data = bytes(content)  # type: ignore[call-overload]
        self._waiting += data
        self.size += len(data)
        while len(self._waiting) > PIECE:
            self._seal(bytes(self._waiting[:PIECE]), is_last=False)
            del self._waiting[:PIECE]
        return len(data)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes, *, is_last: bool) -> None:
        sealed = seal_bytes(piece, place=_place(self._name, self._number, is_last))
        self._target.write(len(sealed).to_bytes(_LENGTH, "big"))
        self._target.write(sealed)
        self._number += 1


def opened(source: IO[bytes], *, name: str) -> Iterator[bytes]:
    """
    Yield the content, piece by piece.

    :raises CannotOpen: its key is gone, or the file is not what was stored under this name, whole.
    """
    number, sealed = 0, _next(source)
    while sealed is not None:
        following = _next(source)
        yield open_sealed_bytes(sealed, place=_place(name, number, following is None))
        number, sealed = number + 1, following
    if not number:
        raise CannotOpen(_("A protected value cannot be read: it is not what was stored."))


def _next(source: IO[bytes]) -> bytes | None:
    length = source.read(_LENGTH)
    return source.read(int.from_bytes(length, "big")) if length else None


def _place(name: str, number: int, is_last: bool) -> str:
    return f"{name} {number}{' last' if is_last else ''}"

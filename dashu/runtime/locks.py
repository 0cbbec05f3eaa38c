"""Locks between processes. The kernel drops them when their holder ends, also after a kill -9."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """One lock file, held from `hold` or `share` until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def hold(self, *, wait: bool) -> bool:
        """Take the lock for this process alone; False when another has it and `wait` is off."""
        return self._take(fcntl.LOCK_EX, wait=wait)

    def share(self) -> None:
        """Take the lock together with any other sharer; waits for one that holds it alone."""
        self._take(fcntl.LOCK_SH, wait=True)

    def release(self) -> None:
        os.close(self._handle)

    def _take(self, kind: int, *, wait: bool) -> bool:
        try:
            fcntl.flock(self._handle, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def held(path: Path) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.hold(wait=True)
        yield
    finally:
        lock.release()

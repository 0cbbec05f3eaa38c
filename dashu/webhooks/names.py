"""
Asking for what a name leads to, in time.

The system's look-up knows no deadline and cannot be stopped, so it runs in a thread that may outlive whoever asked.
There are only so many of these threads, and one partner holds a few of them at most: names of theirs that nobody
answers keep the partner's own deliveries waiting, not those of others.
"""

import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime

THREADS, MOST_OF_ONE = 64, 4


class NameNotResolved(Exception):
    """The name leads nowhere, or did not say where in time."""


class _Places:
    """Who holds how many of the threads."""

    def __init__(self, most: int) -> None:
        self._most, self._held, self._freed = most, Counter[int](), threading.Condition()

    def take(self, whose: int, *, seconds: float) -> bool:
        """Wait for a place of theirs; False where none came free in time."""
        with self._freed:
            is_free = self._freed.wait_for(lambda: self._held[whose] < self._most, timeout=seconds)
            self._held[whose] += is_free
        return is_free

    def give_back(self, whose: int) -> None:
        with self._freed:
            self._held[whose] -= 1
            if not self._held[whose]:
                del self._held[whose]
            self._freed.notify_all()


_RESOLVERS = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="webhook-names")
_PLACES = _Places(MOST_OF_ONE)


def resolve(host: str, port: int, *, whose: int, seconds: float) -> list[str]:
    """
    Return the addresses that a name leads to, each once.

    :param whose: id of the partner whose endpoint it is.
    :raises NameNotResolved: it leads nowhere, or did not say where in this time.
    """
    until = time.monotonic() + seconds
    if not _PLACES.take(whose, seconds=seconds):
        raise NameNotResolved("others of theirs are not answered yet")
    asked = _RESOLVERS.submit(socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM)
    asked.add_done_callback(lambda _done: _PLACES.give_back(whose))
    try:
        found = asked.result(timeout=max(0.0, until - time.monotonic()))
    except (OSError, UnicodeError, NotInTime) as error:
        asked.cancel()
        raise NameNotResolved(type(error).__name__) from error
    return list(dict.fromkeys(str(place[4][0]) for place in found))

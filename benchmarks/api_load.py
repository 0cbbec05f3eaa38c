"""
A small program that sends HTTP requests over connections it keeps open, and says when each was answered.

It runs in a process of its own and does little for each request: whole requests are given to it as text, and of an
answer it reads the status and the length. With a rate, a request is due at its moment whether or not those before it
are answered, and what it waits for a free connection counts.
"""

import json
import random
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 60  # seconds without any answer


@dataclass(slots=True)
class Line:
    """A connection and the request on it; `due` is from when its answer is waited for."""

    socket: socket.socket
    request: bytes = b""
    due: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    length: int = -1


class Load:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.port = plan["port"]
        self.requests = deque(request.encode() for request in plan["requests"])
        self.moments = _moments(plan["count"], plan["rate"])
        self.selector = selectors.DefaultSelector()
        self.free: deque[Line] = deque()
        self.spent: list[float] = []
        self.statuses: dict[str, int] = {}
        self.count = plan["count"]
        for _number in range(plan["connections"]):
            self.free.append(self._line())

    def run(self) -> dict[str, Any]:
        began, cpu = time.perf_counter(), time.process_time()
        due: float | None = next(self.moments)
        while len(self.spent) < self.count:
            now = time.perf_counter() - began
            while due is not None and due <= now and self.free:
                # The one that was idle longest, so that the server closes none for being idle.
                self._send(self.free.popleft(), self.requests[0], began + (due or now))
                self.requests.rotate(-1)
                due = next(self.moments, None)
            waits = due is not None and self.free
            for key, _events in self.selector.select(max(0.0, due - now) if waits else PATIENCE):  # type: ignore[operator]
                self._receive(key.data)
        elapsed = time.perf_counter() - began
        return {
            "spent_ms": [seconds * 1e3 for seconds in self.spent],
            "elapsed": elapsed,
            "cpu": time.process_time() - cpu,
            "statuses": self.statuses,
        }

    def _line(self) -> Line:
        connected = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = Line(connected)
        self.selector.register(connected, selectors.EVENT_READ, line)
        return line

    def _send(self, line: Line, request: bytes, due: float) -> None:
        line.request, line.due, line.length = request, due, -1
        line.received.clear()
        try:
            line.socket.sendall(request)
        except ConnectionError:
            self._anew(line)

    def _receive(self, line: Line) -> None:
        try:
            part = line.socket.recv(1 << 18)
        except ConnectionError:
            part = b""
        if not part:
            self._anew(line)
            return
        line.received += part
        if line.length < 0 and (end := line.received.find(b"\r\n\r\n")) >= 0:
            line.length = end + 4 + _content_length(line.received[:end])
        if 0 <= line.length <= len(line.received):
            self.spent.append(time.perf_counter() - line.due)
            status = line.received[9:12].decode()
            self.statuses[status] = self.statuses.get(status, 0) + 1
            line.request = b""
            self.free.append(line)

    def _anew(self, line: Line) -> None:
        """The server closed a connection that was kept open: open it anew, as any client would, and ask again."""
        self.selector.unregister(line.socket)
        line.socket.close()
        fresh = self._line()
        if line.request:
            self._send(fresh, line.request, line.due)
        else:
            self.free.remove(line)
            self.free.append(fresh)


def _moments(count: int, rate: float | None) -> Iterator[float]:
    """Yield the second at which each request is due: at once, or at chance intervals that make up the rate."""
    chance, moment = random.Random(count), 0.0  # noqa: S311 – nothing hangs on it
    for _number in range(count):
        yield moment
        moment += chance.expovariate(rate) if rate else 0.0


def _content_length(head: bytearray) -> int:
    for header in bytes(head).lower().split(b"\r\n"):
        if header.startswith(b"content-length:"):
            return int(header[15:])
    raise ValueError(bytes(head))


if __name__ == "__main__":
    json.dump(Load(json.load(sys.stdin)).run(), sys.stdout)

"""A partner's webhook receiver on the loopback interface, which can misbehave in every way that receivers do."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True, slots=True)
class Received:
    """One request: its headers in lower case, and the bytes of its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.body)

    def verified(self, secret: str) -> dict[str, Any]:
        """Read it as a partner does, by the package of Standard Webhooks; raises where a signature is wrong."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """
    Behaves by `manners` in turn, then by `usually`: a status, or "echo", "hang", "drip", "close", "huge", "garbage",
    "redirect", "patience" or "phone".
    """

    manners: list[int | str] = field(default_factory=list)
    usually: int | str = 200
    received: list[Received] = field(default_factory=list)
    url: str = ""
    may_end: threading.Event = field(default_factory=threading.Event)
    at_once: int = 0
    most_at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, request: Received) -> int | str:
        with self._lock:
            self.received.append(request)
            return self.manners.pop(0) if self.manners else self.usually

    def count(self, change: int) -> None:
        with self._lock:
            self.at_once += change
            self.most_at_once = max(self.most_at_once, self.at_once)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_about: Any) -> None:
        """A caller who hangs up is what some tests are about."""


@contextmanager
def receiver(**how: Any) -> Iterator[Receiver]:
    state = Receiver(**how)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline().decode()
            headers: dict[str, str] = {}
            while (header := self.rfile.readline().decode().strip()) != "":
                name, _colon, value = header.partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", "0")))
            request = Received(line.split(" ")[1], headers, body)
            self.is_counted = True
            state.count(1)
            try:
                self._answer(state.next(request), request)
            finally:
                self._leave()

        def _leave(self) -> None:
            if self.is_counted:
                self.is_counted = False
                state.count(-1)

        def _answer(self, manner: int | str, request: Received) -> None:
            match manner:
                case "echo":
                    word = request.payload["data"]["challenge"]
                    self._say(200, json.dumps({"challenge": word}).encode())
                case "hang":
                    state.may_end.wait(30)
                case "drip":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                    while not state.may_end.wait(0.05):
                        self.wfile.write(b"x")
                case "close":
                    return
                case "huge":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    for _block in range(1000):
                        self.wfile.write(b"x" * 65_536)
                case "garbage":
                    self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
                case "redirect":
                    self._say(302, b"", "Location: http://169.254.169.254/latest/meta-data/\r\n")
                case "patience":
                    self._say(429, b"", "Retry-After: 1200\r\n")
                case "phone":
                    self._say(500, b"No 13800001234, ask amina@example.com")
                case int():
                    self._say(manner, b"fine" if manner < 300 else b"not fine")

        def _say(self, status: int, body: bytes, more: str = "") -> None:
            head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n{more}\r\n"
            self._leave()  # who has read the answer may call again before this thread goes on
            self.wfile.write(head.encode() + body)

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
        try:
            yield state
        finally:
            state.may_end.set()
            server.shutdown()
            thread.join()

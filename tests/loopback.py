"""Small servers on the loopback interface that stand in for a mail server and a text-message gateway."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Gateway:
    """
    Answers with the statuses of `answers` in turn, then with 200, and keeps what was posted.

    A key that was answered with 200 is taken, and told when asked for; 599 takes the message and answers 500.

    :ivar received: each body, with the headers of the call as `headers`.
    :ivar mails: the headers that each body gave for its mail.
    """

    answers: list[int] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    mails: list[dict[str, str]] = field(default_factory=list)
    taken: dict[str, str] = field(default_factory=dict)
    url: str = ""


@dataclass
class MailServer:
    """Answers a recipient with `recipient_answer` and keeps the mails it took."""

    recipient_answer: str = "250 fine"
    received: list[str] = field(default_factory=list)
    port: int = 0


class _Server(ThreadingHTTPServer):
    """One that turns nobody away when two workers knock with all their messages at once."""

    request_queue_size = 128


@contextmanager
def gateway() -> Iterator[Gateway]:
    state = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.mails += [body["headers"]] if "headers" in body else []
            state.received.append({**body, "headers": dict(self.headers)})
            answer = state.answers.pop(0) if state.answers else 200
            if answer in (200, 599):
                state.taken.setdefault(self.headers["Idempotency-Key"], f"sms-{len(state.received)}")
            self._answer(500 if answer == 599 else answer)

        def do_GET(self) -> None:
            key = self.path.rpartition("/")[2]
            self._answer(200 if key in state.taken else 404, state.taken.get(key))

        def _answer(self, status: int, reference: str | None = None) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps({"id": reference or f"sms-{len(state.received)}"}).encode())

        def log_message(self, *_args: object) -> None:
            """Say nothing on the test's terminal."""

    with _Server(("127.0.0.1", 0), Handler) as server, _serving(server):
        state.url = f"http://127.0.0.1:{server.server_address[1]}/sms"
        yield state


@contextmanager
def mail_server() -> Iterator[MailServer]:
    state = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 ready")
            for raw in self.rfile:
                command = raw.decode().strip().upper()
                if command.startswith("RCPT"):
                    self._say(state.recipient_answer)
                elif command == "DATA":
                    self._say("354 go on")
                    state.received.append(self._read_mail())
                    self._say("250 taken")
                elif command == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 fine")

        def _read_mail(self) -> str:
            lines: list[bytes] = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line)
            return b"".join(lines).decode()

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server, _serving(server):
        state.port = server.server_address[1]
        yield state


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()

"""A small credit bureau on the loopback interface: checks our signatures, signs its answers, may be slow or broken."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from loans.bureaus.signing import is_signed, signed_headers

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@dataclass
class FakeBureau:
    """
    Answers every question with `body`, or with nothing known.

    :ivar troubles: what happens to the first tries: a status, "break" for no answer at all, "hang" for one that never
        comes, "drip" for one that never ends, "cut" for one that ends too early.
    :ivar headers: of an answer, over those of a good signature.
    """

    url: str = ""
    troubles: list[int | str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def answer_to(self, request_id: str) -> bytes:
        if self.body is not None:
            return self.body
        return json.dumps(
            {
                "request_id": request_id,
                "reference": "R1",
                "pulled_at": datetime.now(UTC).isoformat(),
                "currency": "CNY",
                "is_known": False,
                "has_fraud_flag": False,
                "loans": [],
                "inquiries": [],
            }
        ).encode()


@contextmanager
def fake_bureau() -> Iterator[FakeBureau]:
    state = FakeBureau()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.asked.append(json.loads(text))
            state.paths.append(self.path)
            state.ids.append(headers["webhook-id"])
            trouble = state.troubles.pop(0) if state.troubles else 200
            if trouble == "hang":
                state.ended.wait(10)
            elif trouble == "drip":
                self._drip()
            elif isinstance(trouble, int) and trouble != 200:
                self._say(trouble, b"", {})
            elif not is_signed(SECRET, UUID(state.asked[-1]["request_id"]), text, headers):
                self._say(401, b"", {})
            elif trouble != "break":
                self._answer(headers["webhook-id"], is_cut=trouble == "cut")

        def _answer(self, request_id: str, *, is_cut: bool) -> None:
            body = state.answer_to(request_id)
            signed = signed_headers(SECRET, UUID(request_id), body.decode("utf-8", "replace"), now=datetime.now(UTC))
            self._say(200, body, {**signed, **state.headers}, missing=10 if is_cut else 0)

        def _drip(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            while not state.ended.wait(0.02):
                try:
                    self.wfile.write(b" ")
                except OSError:
                    return

        def _say(self, status: int, body: bytes, headers: dict[str, str], *, missing: int = 0) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) - missing])

        def log_message(self, *_args: object) -> None:
            """Say nothing on the test's terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}/"
        yield state
        state.ended.set()
        server.shutdown()
        thread.join()

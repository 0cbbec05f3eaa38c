"""A small ClamAV daemon on the loopback interface that knows one harmful file, and may be slow or broken."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# The industry's test file that every scanner finds, in two halves so that this file is not found.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()


@dataclass
class FakeClamd:
    """
    :ivar trouble: "hang" answers nothing, "drip" a byte now and then, "cut" half an answer, "full" refuses the rest
        of a file after the first piece; anything else of more than a word is the answer.
    :ivar scanned: what it was sent.
    """

    address: tuple[str, int] = ("", 0)
    trouble: str = ""
    scanned: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def fake_clamd() -> Iterator[FakeClamd]:
    state = FakeClamd()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if self.rfile.read(10) != b"zINSTREAM\0":
                self.wfile.write(b"UNKNOWN COMMAND\0")
                return
            content = b""
            while size := struct.unpack("!I", self.rfile.read(4))[0]:
                content += self.rfile.read(size)
                if state.trouble == "full":
                    self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            state.scanned.append(content)
            self._answer(content)

        def _answer(self, content: bytes) -> None:
            if state.trouble == "hang":
                state.ended.wait(10)
            elif state.trouble == "drip":
                while not state.ended.wait(0.02):
                    try:
                        self.wfile.write(b" ")
                    except OSError:
                        return
            elif state.trouble == "cut":
                self.wfile.write(b"stream: O")
            elif state.trouble:
                self.wfile.write(state.trouble.encode() + b"\0")
            else:
                self.wfile.write(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_args: Any) -> None:
            """Say nothing on the test's terminal."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        host, port = server.server_address[:2]
        state.address = (str(host), int(port))
        yield state
        state.ended.set()
        server.shutdown()
        thread.join()

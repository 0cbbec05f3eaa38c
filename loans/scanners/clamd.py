"""
The ClamAV daemon over TCP.

`zINSTREAM` and then the content in pieces, each with its length before it and an empty one at the end; the answer is
one line: `stream: OK`, `stream: Eicar-Signature FOUND`, or something that ends in `ERROR`.
"""

import socket
import struct
import time
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from loans.domain.document_files import Reason
from loans.scanners.base import ScannerUnavailable

CONNECT_SECONDS, SCAN_SECONDS = 2.0, 30.0
PIECE = 65_536
LONGEST_ANSWER = 4096


class ClamdScanner:
    """
    Asks one daemon.

    :param seconds: how long sending and answering may take together, however slowly it drips.
    """

    name: ClassVar[str] = "clamd"

    def __init__(self, host: str, port: int, *, seconds: float = SCAN_SECONDS) -> None:
        self.address = (host, port)
        self.seconds = seconds

    def scan(self, content: bytes) -> Reason | None:
        deadline = time.monotonic() + self.seconds
        try:
            with socket.create_connection(self.address, timeout=min(CONNECT_SECONDS, self.seconds)) as connection:
                answer = _asked(connection, content, deadline)
        except OSError as error:
            raise ScannerUnavailable(
                _("The scanner for harmful software does not answer: %(error)s."),
                params={"error": str(error) or type(error).__name__},
            ) from error
        if answer == "stream: OK":
            return None
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            return Reason.MALWARE
        # Too large for its StreamMaxLength, for example: nothing was found, but nothing was looked at either.
        raise ScannerUnavailable(
            _("The scanner for harmful software could not look at a file: %(answer)s"),
            params={"answer": answer[:200] or "(nothing)"},
        )


def _asked(connection: socket.socket, content: bytes, deadline: float) -> str:
    """:raises OSError: of the connection, or TimeoutError at the deadline."""
    try:
        _send(connection, b"zINSTREAM\0", deadline)
        for place in range(0, len(content), PIECE):
            piece = content[place : place + PIECE]
            _send(connection, struct.pack("!I", len(piece)) + piece, deadline)
        _send(connection, struct.pack("!I", 0), deadline)
    except (BrokenPipeError, ConnectionResetError):
        # It answers before it has everything where it refuses the rest, and closes; the answer may be here already.
        pass
    return _answer(connection, deadline)


def _send(connection: socket.socket, data: bytes, deadline: float) -> None:
    connection.settimeout(_left(deadline))
    connection.sendall(data)


def _answer(connection: socket.socket, deadline: float) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER:
        connection.settimeout(_left(deadline))
        piece = connection.recv(LONGEST_ANSWER)
        if not piece:
            raise ConnectionError("closed before its answer was complete")
        answer += piece
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left

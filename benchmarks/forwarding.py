"""Passes connections on from one address of this machine to the same port of its loopback address."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress


@contextmanager
def forwarding(address: str, ports: Sequence[int]) -> Iterator[None]:
    with ExitStack() as open_ones:
        for port in ports:
            listener = socket.create_server((address, port))
            open_ones.callback(listener.close)
            threading.Thread(target=_take, args=(listener, port), daemon=True).start()
        yield


def _take(listener: socket.socket, port: int) -> None:
    while True:
        try:
            near, _from = listener.accept()
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", port))
        for here, there in ((near, far), (far, near)):
            threading.Thread(target=_pump, args=(here, there), daemon=True).start()


def _pump(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while data := here.recv(65536):
            there.sendall(data)
    for end in (here, there):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)

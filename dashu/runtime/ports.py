"""Which TCP port of this machine a server gets: the one that was set, the one it had, else any free one."""

import os
import socket
from contextlib import suppress

from .refusal import Refusal

HOST = "127.0.0.1"
BACKLOG = 512


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Like the servers do, so that a port which is merely cooling down counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((HOST, port))
            return True
    return False


def choose(variable: str, *, preferred: int | None) -> int:
    """
    Return a free port.

    :param variable: the environment variable by which a person sets the port; then it is that one or none.
    :param preferred: the port to keep when it is free.
    :raises Refusal: `port_invalid` or `port_taken`, for a port that was set.
    """
    if wanted := os.environ.get(variable):
        return _the_one_set(variable, wanted)
    if preferred is not None and is_free(preferred):
        return preferred
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def listen(variable: str, *, first: int) -> socket.socket:
    """
    Return a listening socket on the set port, or on the first free one from `first` on.

    The socket itself is handed to the web server, so that two starts at once cannot choose the same port.

    :raises Refusal: `port_invalid` or `port_taken`, for a port that was set.
    """
    wanted = os.environ.get(variable)
    candidates = [_the_one_set(variable, wanted)] if wanted else [*range(first, first + 100), 0]
    for port in candidates:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
        else:
            return listener
    raise _taken(variable, candidates[0])


def _the_one_set(variable: str, wanted: str) -> int:
    if not (wanted.isascii() and wanted.isdigit() and 0 < int(wanted) < 65_536):
        raise Refusal(
            "port_invalid", f"{variable} must be a port from 1 to 65535, not {wanted!r}. Correct or unset it."
        )
    if not is_free(int(wanted)):
        raise _taken(variable, int(wanted))
    return int(wanted)


def _taken(variable: str, port: int) -> Refusal:
    return Refusal(
        "port_taken",
        f"Port {port} is in use by another program. Stop that program, or set {variable} to a free port.",
    )

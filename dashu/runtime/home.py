"""
Where this installation keeps what it writes: one folder, `.dashu` beside the source or wherever DASHU_HOME points.

Everything else in the source tree may be read-only.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .refusal import Refusal

SOURCE_DIR = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Home:
    """The folder and the names inside it. `prepare` makes the folder; nothing else here writes before that."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        return cls(Path(os.environ.get("DASHU_HOME") or SOURCE_DIR / ".dashu").resolve())

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def pg(self) -> Path:
        return self.root / "pg"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def locale(self) -> Path:
        return self.root / "locale"

    @property
    def services_file(self) -> Path:
        """The addresses of the embedded servers while they run; `dashu.settings.env.service_url` reads it."""
        return self.run / "services.json"

    def prepare(self) -> None:
        """
        Make the folders this process needs.

        :raises Refusal: `home_not_writable`, when this user may not write there.
        """
        try:
            for folder in (self.root, self.run, self.log):
                folder.mkdir(parents=True, exist_ok=True)
            with (self.run / f".write-{os.getpid()}").open("w") as probe:
                Path(probe.name).unlink()
        except OSError as error:
            raise Refusal(
                "home_not_writable",
                f"The data folder {self.root} cannot be written ({error.strerror}). "
                "Set DASHU_HOME to a folder that this user may write, and start again.",
            ) from error

    def password(self) -> str:
        """Return the embedded servers' password, made on first use and readable by this user only."""
        path = self.root / "password"
        with suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(24))
        return path.read_text()

    def noted_port(self, name: str) -> int | None:
        """Return the port that a server used last time, so that it keeps its address when that is still free."""
        ports = read_json(self.run / "ports.json")
        port = ports.get(name)
        return port if isinstance(port, int) else None

    def note_port(self, name: str, port: int) -> None:
        ports = read_json(self.run / "ports.json")
        write_json(self.run / "ports.json", {**ports, name: port})

    @contextmanager
    def log_file(self, name: str) -> Iterator[int]:
        """Open a log for appending, put aside the old one when it has grown large, and give its descriptor."""
        path = self.log / f"{name}.log"
        with suppress(FileNotFoundError):
            if path.stat().st_size > _LARGE_LOG:
                path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as file:
            yield file.fileno()


_LARGE_LOG = 10_000_000


def cores() -> int:
    """Return how many processors this process may use, where the system tells, else how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read_json(path: Path) -> dict:
    """Return the document, or an empty one when it is absent or was cut short by a crash."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def write_json(path: Path, document: dict) -> None:
    """Replace the file in one step, readable by this user only."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
    draft.replace(path)

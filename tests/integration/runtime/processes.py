"""Commands of the runtime in a home of their own, as a person would type them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from dashu.runtime.home import SOURCE_DIR

SET_BY_A_PERSON = ("DATABASE_URL", "REDIS_URL", "DASHU_PG_PORT", "DASHU_REDIS_PORT", "DASHU_PORT")
SECONDS = 90


def environment(home: Path, **settings: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in SET_BY_A_PERSON}
    return {**inherited, "DJANGO_SETTINGS_MODULE": "dashu.settings.dev", "DASHU_HOME": str(home), **settings}


def call(*words: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a Python command to its end."""
    return subprocess.run(
        [sys.executable, *words],
        check=False,
        cwd=SOURCE_DIR,
        env=environment(home, **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def start(*words: str, home: Path, **settings: str) -> subprocess.Popen[bytes]:
    """Run a Python command in the background, with its output in `output.txt` of the home's parent."""
    with (home.parent / "output.txt").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=SOURCE_DIR,
            env=environment(home, **settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def with_services(*command: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return call("-m", "dashu.runtime", "with-services", "--", *command, home=home, **settings)


def addresses(home: Path) -> dict[str, str]:
    path = home / "run" / "services.json"
    return json.loads(path.read_text()) if path.exists() else {}


def postgres_pid(home: Path) -> int | None:
    """Return the number of the live server on this home's data, None when there is none."""
    path = home / "pg" / "postmaster.pid"
    # A server that starts has made the file before it has written it.
    words = path.read_text().split() if path.exists() else []
    pid = int(words[0]) if words else -1
    return pid if psutil.pid_exists(pid) and psutil.Process(pid).name() == "postgres" else None


def until(is_so: Callable[[], object], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)

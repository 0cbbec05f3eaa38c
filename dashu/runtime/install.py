"""
Make the virtual environment. Run as a file by any Python from 3.11 on, with nothing installed yet.

A stamp in the environment names the lock files it was made from: with the same locks a second run does nothing, and
an environment whose making was cut short has no stamp and is made anew.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE_DIR = Path(__file__).resolve().parents[2]
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}


class InstallFailed(Exception):
    pass


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/setup", description="Install what Dashu needs.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("--python", action="store_true", help="print the path of the environment's Python")
    chosen = parser.parse_args()
    began = time.monotonic()
    try:
        folder, was_made = ensure("dev" if chosen.dev else "run")
    except InstallFailed as error:
        sys.stderr.write(f"install_failed: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    if was_made:
        say(f"Packages are in {folder} ({time.monotonic() - began:.1f} s)")
    sys.stdout.write(f"{_python_of(folder)}\n" if chosen.python else "Ready: script/server starts Dashu.\n")
    return 0


def ensure(wanted: str) -> tuple[Path, bool]:
    """
    Have an environment with the packages of the wanted lock.

    :returns: its folder, and whether anything had to be installed.
    """
    folder = _folder(wanted)
    if _is_complete(folder, wanted):
        return folder, False
    with _alone(folder):
        if _is_complete(folder, wanted):
            return folder, False
        stamp = _stamp_of(folder)
        (folder / "stamp.json").unlink(missing_ok=True)
        if not stamp or not _is_same_environment(folder, stamp):
            say(f"Creating {folder}")
            _create(folder)
        # The lock for development holds all of the lock for running, so it never takes anything away.
        kind = "dev" if "dev" in stamp else wanted
        _install(folder, SOURCE_DIR / LOCKS[kind])
        _write_stamp(folder, kind)
    return folder, True


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _folder(wanted: str) -> Path:
    """Return `.venv` in the checkout, or one in the data folder when the checkout is read-only."""
    # Another checkout's, where it is a link: that one is used, and neither emptied nor made anew.
    inside = (SOURCE_DIR / ".venv").resolve()
    if os.access(inside if inside.exists() else SOURCE_DIR, os.W_OK) or _is_complete(inside, wanted):
        return inside
    return Path(os.environ.get("DASHU_HOME") or SOURCE_DIR / ".dashu").resolve() / "venv"


def _python_of(folder: Path) -> Path:
    return folder / "bin" / "python"


def _stamp_of(folder: Path) -> dict[str, str]:
    try:
        return json.loads((folder / "stamp.json").read_text())
    except (OSError, ValueError):
        return {}


def _is_same_environment(folder: Path, stamp: dict[str, str]) -> bool:
    """Tell whether this is the environment that was stamped and not a copy, and its Python is still there."""
    return stamp.get("folder") == str(folder) and _python_of(folder).exists()


def _is_complete(folder: Path, wanted: str) -> bool:
    stamp = _stamp_of(folder)
    return stamp.get(wanted) == _digest(wanted) and _is_same_environment(folder, stamp)


def _digest(kind: str) -> str:
    return hashlib.sha256((SOURCE_DIR / LOCKS[kind]).read_bytes()).hexdigest()


def _write_stamp(folder: Path, kind: str) -> None:
    kinds = ("run", "dev") if kind == "dev" else ("run",)
    draft = folder / "stamp.draft"
    draft.write_text(json.dumps({"folder": str(folder), **{each: _digest(each) for each in kinds}}))
    draft.replace(folder / "stamp.json")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "setup.lock").open("w")
    except OSError as error:
        raise InstallFailed(
            f"{folder} cannot be written ({error.strerror}). Set DASHU_HOME to a folder that this user may write."
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up of this checkout is running; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _create(folder: Path) -> None:
    # What an earlier attempt left is removed, except the lock that this process holds.
    for path in folder.iterdir():
        if path.name != "setup.lock":
            subprocess.run(["rm", "-rf", str(path)], check=True)
    try:
        venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
    except subprocess.CalledProcessError as error:
        raise InstallFailed(
            "Python's venv module cannot install pip. On Debian and Ubuntu install the package python3-venv."
        ) from error


def _install(folder: Path, lock: Path) -> None:
    total = len(re.findall(r"^[A-Za-z0-9][^ ]*==", lock.read_text(), flags=re.MULTILINE))
    say(f"Installing up to {total} packages from {lock.name}")
    options = ("--no-deps", "--no-compile", "--no-input", "--disable-pip-version-check", "--root-user-action=ignore")
    pip = subprocess.Popen(
        [_python_of(folder), "-m", "pip", "install", *options, "-r", str(lock)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    last_lines: list[str] = []
    collected = 0
    assert pip.stdout is not None
    for line in pip.stdout:
        last_lines = [*last_lines[-19:], line]
        if line.startswith("Collecting "):
            collected += 1
            _show_progress(collected, total, line.split()[1])
        elif line.startswith("Installing collected"):
            _show_progress(total, total, "unpacking")
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    if pip.wait() != 0:
        sys.stderr.write("".join(last_lines))
        raise InstallFailed("The packages could not be installed. Check the network and run it again.")


def _show_progress(number: int, total: int, name: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K  {number}/{total} {name}")
    elif number % 20 == 0 or number == total:
        sys.stderr.write(f"  {number}/{total}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())

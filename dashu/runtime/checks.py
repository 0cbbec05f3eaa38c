"""What `script/check` runs: every check at once, each with its seconds, and the words of those that fail."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .home import SOURCE_DIR, Home, cores


@dataclass(frozen=True)
class Outcome:
    name: str
    passed: bool
    seconds: float
    words: str


def run() -> int:
    """Run all checks, print one line each, and return 1 when any fails."""
    home = Home.from_environment()
    home.prepare()
    commands = _commands(home)
    with ThreadPoolExecutor(max_workers=cores() + 1) as pool:
        outcomes = list(pool.map(lambda item: _outcome(*item), commands.items()))
    for outcome in outcomes:
        print(f"{'ok  ' if outcome.passed else 'FAIL'}  {outcome.name} ({outcome.seconds:.1f} s)")  # noqa: T201
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        print(f"\n--- {outcome.name} ---\n{outcome.words.rstrip()}")  # noqa: T201
    return 1 if failed else 0


def _commands(home: Home) -> dict[str, list[str]]:
    """Return the checks by name, the longest first, with their caches in the home."""
    python = sys.executable
    cache = home.root / "cache"
    imports = f"from importlinter.cli import lint_imports; raise SystemExit(lint_imports(cache_dir={str(cache)!r}))"
    return {
        "types": [python, "-m", "mypy", "--cache-dir", str(cache / "mypy")],
        "migrations": [python, "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"],
        "imports": [python, "-c", imports],
        "catalogs": [python, "-m", "dashu.runtime.catalogs", "check"],
        "names in tests": [python, "-m", "dashu.runtime.test_names"],
        "style": [python, "-m", "ruff", "check", "--cache-dir", str(cache / "ruff")],
        "format": [python, "-m", "ruff", "format", "--check", "--cache-dir", str(cache / "ruff")],
    }


def _outcome(name: str, command: list[str]) -> Outcome:
    began = time.monotonic()
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "dashu.settings.test"}
    result = subprocess.run(
        command,
        check=False,
        cwd=SOURCE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Outcome(name, result.returncode == 0, time.monotonic() - began, result.stdout)

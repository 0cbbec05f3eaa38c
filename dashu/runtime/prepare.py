"""
The part of a start that needs Django, in one process: `python -m dashu.runtime.prepare LOGINS_FILE`.

It brings the database and the static files up to date, fills an empty database with the demo book unless DASHU_DEMO
is 0, and writes the demo logins to the file.
"""

import hashlib
import io
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands

from dashu.runtime.database_down import refusal_for
from dashu.runtime.home import read_json, write_json
from dashu.runtime.refusal import Refusal
from dashu.settings.env import flag

SANDBOX_PARTNER = "demo"  # others are added by `manage.py seed_sandbox`


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashu.settings.dev")
    try:
        django.setup()
        _prepare(Path(sys.argv[1]))
    except Exception as error:
        refusal = error if isinstance(error, Refusal) else refusal_for(error)
        if refusal is None:
            raise
        refusal.tell()
        return 1
    return 0


def _prepare(logins: Path) -> None:
    _step("Database is migrated", "migrate", interactive=False, verbosity=0)
    _step("Policy packs are loaded", "load_policy", verbosity=0)
    _step("Texts of messages are loaded", "load_wordings", stdout=io.StringIO())
    _step("Texts of consent are loaded", "load_consent_texts", stdout=io.StringIO())
    _require_redis()
    has_demo = flag("DASHU_DEMO", default=True)
    if has_demo:
        _step("Demo book is there", "seed_demo", if_empty=True)
    if _static_files_changed():
        _step("Static files are collected", "collectstatic", interactive=False, verbosity=0)
        write_json(_static_note(), {"digest": _static_digest()})
    logins.touch(mode=0o600)
    with logins.open("w", encoding="utf-8") as file:
        if settings.SANDBOX:
            call_command("seed_sandbox", partner=SANDBOX_PARTNER, stdout=file)
        if has_demo and "demo_logins" in get_commands():
            call_command("demo_logins", stdout=file)


def _static_files_changed() -> bool:
    """Tell whether collecting would change anything; hashing and compressing them all takes longer than the rest."""
    is_collected = any(Path(settings.STATIC_ROOT).glob("*"))
    return not is_collected or read_json(_static_note()).get("digest") != _static_digest()


def _static_note() -> Path:
    return Path(settings.DASHU_HOME) / "run" / "static.json"


def _static_digest() -> str:
    """Return a digest of the names, sizes and times of all static files, without reading them."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _require_redis() -> None:
    from dashu.web.health import redis_answers

    if not redis_answers():
        address = urlsplit(settings.REDIS_URL)
        raise Refusal(
            "redis_unreachable",
            f"The Redis server at {address.hostname}:{address.port or 6379} does not answer. "
            "Start that server, or correct or unset REDIS_URL, and try again.",
        )


def _step(what: str, command: str, **options: object) -> None:
    if command not in get_commands():
        return
    began = time.monotonic()
    call_command(command, **options)
    sys.stdout.write(f"{what} ({time.monotonic() - began:.1f} s)\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

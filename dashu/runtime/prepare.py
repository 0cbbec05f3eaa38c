"""
The part of a start that needs Django, in one process: `python -m dashu.runtime.prepare LOGINS_FILE`.

It brings the database and the static files up to date, fills an empty database with the demo book unless DASHU_DEMO
is 0, and writes the demo logins to the file.
"""

import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command, get_commands

from dashu.runtime.database_down import refusal_for
from dashu.runtime.refusal import Refusal
from dashu.settings.env import flag


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
    _require_redis()
    has_demo = flag("DASHU_DEMO", default=True)
    if has_demo:
        _step("Demo book is there", "seed_demo", if_empty=True)
    _step("Static files are collected", "collectstatic", interactive=False, verbosity=0)
    logins.touch(mode=0o600)
    with logins.open("w", encoding="utf-8") as file:
        if has_demo and "demo_logins" in get_commands():
            call_command("demo_logins", stdout=file)


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

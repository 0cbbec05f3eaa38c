"""`manage.py recover_to MOMENT --base … --archive … --into …`: prepare a data folder as the server was at a moment."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashu.kernel.errors import DomainError
from dashu.operations.point_in_time import prepare_recovery

NEXT = (
    "Give the folder to the user of Postgres, start a server on it, wait until it takes writes, then prove the book"
    " with manage.py prove_book --holds NUMBER:DIGEST, by the head of the audit log that was logged last before then."
)


def moment(text: str) -> datetime:
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found
    raise ArgumentTypeError("write it with its time zone, such as 2026-11-30T14:05:00+08:00")


class Command(BaseCommand):
    help = "Prepare a data folder of its own that Postgres recovers up to a moment. No server is stopped or started."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("moment", type=moment)
        for name, says in (("base", "a base backup"), ("archive", "the archived log"), ("into", "a new data folder")):
            parser.add_argument(f"--{name}", type=Path, required=True, help=says)

    def handle(self, *_args: Any, moment: datetime, base: Path, archive: Path, into: Path, **_options: Any) -> None:
        try:
            made = prepare_recovery(base.resolve(), archive.resolve(), moment, into.resolve())
        except DomainError as refusal:
            raise CommandError(f"{refusal.code}: {refusal}") from refusal
        self.stdout.write(json.dumps({"data": str(made), "next": NEXT}))

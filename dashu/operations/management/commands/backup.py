"""`manage.py backup FOLDER`: a consistent copy of the database and the files, with what proves a restore."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.operations.backup import write_backup


class Command(BaseCommand):
    help = "Write a backup into a new folder below FOLDER, and print where it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *_args: Any, folder: Path, **_options: Any) -> None:
        try:
            made = write_backup(folder, now=lender_now())
        except DomainError as refusal:
            raise CommandError(f"{refusal.code}: {refusal}") from refusal
        self.stdout.write(
            json.dumps({"backup": str(made), "bytes": sum(path.stat().st_size for path in made.iterdir())})
        )

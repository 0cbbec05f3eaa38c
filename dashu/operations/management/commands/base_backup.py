"""`manage.py base_backup FOLDER`: a copy of the whole server from which any later moment can be reached."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.operations.point_in_time import take_base_backup


class Command(BaseCommand):
    help = "Copy the data folder of the running server into a new folder below FOLDER, and check the copy."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *_args: Any, folder: Path, **_options: Any) -> None:
        try:
            made = take_base_backup(folder, now=lender_now(), database=settings.DATABASES["default"])
        except DomainError as refusal:
            raise CommandError(f"{refusal.code}: {refusal}") from refusal
        self.stdout.write(json.dumps({"base": str(made)}))

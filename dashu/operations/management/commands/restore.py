"""`manage.py restore BACKUP`: put a backup into the database and the home of the settings, which must be empty."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dashu.kernel.errors import DomainError
from dashu.operations.findings import State
from dashu.operations.restoring import prove, restore_database, restore_files


class Command(BaseCommand):
    help = "Restore a backup into an empty database and an empty home, and prove it. Exit 1 if something differs."
    requires_system_checks = []  # there is nothing to check yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("backup", type=Path)
        parser.add_argument("--jobs", type=int, default=2, help="connections that restore at once")

    def handle(self, *_args: Any, backup: Path, jobs: int, **_options: Any) -> None:
        database = settings.DATABASES["default"]
        try:
            restore_files(backup, Path(settings.DASHU_HOME))
            restore_database(backup, database, jobs=jobs)
            states = []
            for finding in prove(backup, database):
                states.append(finding.state)
                self.stdout.write(f"{finding.state}: {finding.check}: {finding.says}")
        except DomainError as refusal:
            raise CommandError(f"{refusal.code}: {refusal}") from refusal
        if State.FAILED in states:
            raise SystemExit(1)

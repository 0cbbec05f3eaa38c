"""`manage.py restore_drill BACKUP`: restore into a database of its own beside the real one, prove it, and drop it."""

import json
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashu.kernel.errors import DomainError
from dashu.operations.findings import State
from dashu.operations.restoring import drill_database, prove, restore_database, restore_files


class Command(BaseCommand):
    help = "Prove that a backup can be restored, without touching the real database. Exit 1 if something differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("backup", type=Path)
        parser.add_argument("--jobs", type=int, default=2, help="connections that restore at once")

    def handle(self, *_args: Any, backup: Path, jobs: int, **_options: Any) -> None:
        started, states = time.monotonic(), []
        try:
            with drill_database() as database, TemporaryDirectory() as home:
                restore_files(backup, Path(home))
                restore_database(backup, database, jobs=jobs)
                restored = time.monotonic() - started
                for finding in prove(backup, database):
                    states.append(finding.state)
                    self.stdout.write(json.dumps(asdict(finding), ensure_ascii=False))
        except DomainError as refusal:
            raise CommandError(f"{refusal.code}: {refusal}") from refusal
        seconds = {"restored": round(restored, 1), "in_all": round(time.monotonic() - started, 1)}
        self.stdout.write(json.dumps({"backup": backup.name, "seconds": seconds, "holds": State.FAILED not in states}))
        if State.FAILED in states:
            raise SystemExit(1)

"""`manage.py archive_settings`: whether Postgres keeps the log that going back to a moment needs."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from dashu.operations.findings import State
from dashu.operations.point_in_time import archive_faults


class Command(BaseCommand):
    help = "Say which settings of Postgres keep its log in an archive, and what is missing. Exit 1 if something is."

    def handle(self, *_args: Any, **_options: Any) -> None:
        states = []
        for finding in archive_faults():
            states.append(finding.state)
            self.stdout.write(json.dumps(asdict(finding), ensure_ascii=False))
        if State.FAILED in states:
            raise SystemExit(1)

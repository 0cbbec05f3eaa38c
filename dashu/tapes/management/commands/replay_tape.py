"""`manage.py replay_tape NAME [--to DATE]`: live through a tape's history, day by day and night by night."""

import json
import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from dashu.kernel.dates import parse_date
from dashu.kernel.errors import DomainError
from dashu.tapes.services.replay_tape import replay_tape, span_of
from loans.models import Loan


class Command(BaseCommand):
    help = "Book a tape's payments and holidays through the live services and close every night of its history."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the tape's name, as in its mapping")
        parser.add_argument("--to", metavar="DATE", help="last day to live through")

    def handle(self, *args: Any, name: str, to: str | None, **options: Any) -> None:
        if not Loan.objects.filter(source=name).exists():
            self.stdout.write(
                json.dumps(
                    {
                        "error": {
                            "code": "unknown_tape",
                            "message": "No loans of this tape are here. Import it first.",
                            "field": "name",
                        }
                    }
                )
            )
            sys.exit(1)
        try:
            first, last = span_of(name)
            last = parse_date(to, field="to") if to else last
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)
        with tqdm(total=(last - first).days + 1, desc=f"replay {name}", unit="day", disable=None) as bar:

            def advance(_day: date) -> None:
                bar.update()

            closed_to = replay_tape(source=name, to=last, progress=advance)
        self.stdout.write(json.dumps({"name": name, "closed_to": closed_to.isoformat()}))

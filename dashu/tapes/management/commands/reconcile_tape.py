"""`manage.py reconcile_tape NAME`: how far our book agrees with what the old system reported, and why not further."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from dashu.kernel.dates import parse_date
from dashu.kernel.errors import DomainError
from dashu.tapes.mapping import load_mapping
from dashu.tapes.reconciling import RECONCILERS, Asked, Comparison, payments_refused


class Command(BaseCommand):
    help = "Compare the book with a tape's own reported figures: shares, reasons with counts, one example each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the tape's name, as in its mapping")
        parser.add_argument("--tape", type=Path, help="the tape's file, for tapes that are recounted from it")
        parser.add_argument("--on", metavar="DATE", help="a later day, for loans that were handed over")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON document")

    def handle(self, *args: Any, name: str, tape: Path | None, on: str | None, as_json: bool, **options: Any) -> None:
        try:
            mapping = load_mapping(name)
            asked = Asked(tape, parse_date(on, field="on") if on else None)
            comparisons = RECONCILERS[mapping.reconcile](mapping.name, asked)
            if not mapping.rows:  # of a loan that is handed over no event is booked
                comparisons.append(payments_refused(mapping.name))
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)
        if as_json:
            self.stdout.write(json.dumps([asdict(item) | {"share": item.share} for item in comparisons]))
            return
        for item in comparisons:
            self._print(item)

    def _print(self, item: Comparison) -> None:
        self.stdout.write(f"{item.figure}: {item.agree} of {item.total} agree ({item.share:.2%})")
        for miss in item.disagreements:
            self.stdout.write(f"  {miss.count:>5} {miss.cause}; for example {miss.example}")

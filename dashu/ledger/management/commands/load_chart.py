"""`manage.py load_chart [FILE]`: load the chart of accounts, the lender's own or another file."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from dashu.ledger.chart import load_chart
from dashu.ledger.management.commands._refusing import refusing


class Command(BaseCommand):
    help = "Bring the accounts and roles of the chart into the database. Running again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="a chart; without one, DASHU_CHART_FILE")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        with refusing(self.stdout):
            self.stdout.write(json.dumps({"accounts": load_chart(file)}))

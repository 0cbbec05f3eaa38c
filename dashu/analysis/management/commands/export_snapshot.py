"""`manage.py export_snapshot --to DIR [--month YYYY-MM …]`: the snapshot as Parquet files."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from dashu.analysis.exporting import export_snapshot
from dashu.kernel.dates import parse_date
from dashu.kernel.errors import DomainError


class Command(BaseCommand):
    help = "Write the snapshot as Parquet files, a folder for each month, without personal data; one JSON line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, metavar="DIR", help="the folder; it is made where it is missing")
        parser.add_argument(
            "--month", action="append", metavar="YYYY-MM", help="only this month, may stand more than once; else all"
        )

    def handle(self, *args: Any, to: str, month: list[str] | None, **options: Any) -> None:
        try:
            months = [parse_date(f"{each}-01", field="month") for each in month] if month else None
            manifest = export_snapshot(Path(to), months=months, actor="system:export_snapshot")
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)
        rows = sum(written["loan_months"]["rows"] for written in manifest["months"].values())
        told = {"months": list(manifest["months"]), "loan_months": rows, "loans": manifest["loans"]["rows"]}
        self.stdout.write(json.dumps(told))

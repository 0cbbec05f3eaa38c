"""`manage.py import_tape FILE --mapping NAME`: bring the loans of another lender's file into the book."""

import csv
import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from tqdm import tqdm

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.tapes.services.import_tape import LoanResult, Report, RowError, import_tape


class Command(BaseCommand):
    help = "Load a loan tape (CSV or Parquet). Bad rows go to a side file, good ones are loaded; repeating is harmless."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--mapping", required=True, help="a name in dashu/tapes/mappings, or a YAML file")
        parser.add_argument("--months", type=Path, help="the month file of a tape that has one")
        parser.add_argument("--rows", type=Path, help="the file of the loans' own schedules, when they are handed over")
        parser.add_argument("--history", type=Path, help="the file of what happened to them before")
        parser.add_argument("--results", type=Path, help="where to say of each loan what became of it")
        parser.add_argument("--errors", type=Path, help="where to list the rows that were refused")

    def handle(
        self,
        *args: Any,
        file: Path,
        mapping: str,
        months: Path | None,
        rows: Path | None,
        history: Path | None,
        results: Path | None,
        errors: Path | None,
        **options: Any,
    ) -> None:
        side_file = errors or settings.DASHU_HOME / "tapes" / f"{file.name}.errors.csv"
        try:
            with tqdm(desc=f"import {file.name}", unit="row", disable=None) as bar:

                def advance(rows: int) -> None:
                    bar.update(rows)

                report = import_tape(
                    path=file,
                    mapping_name=mapping,
                    months_path=months,
                    rows_path=rows,
                    history_path=history,
                    today=lender_today(),
                    progress=advance,
                )
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)
        _write_errors(side_file, report)
        if results:
            _write(results, LoanResult, report.results)
        self.stdout.write(
            json.dumps(
                {
                    "loans_new": report.loans_new,
                    "loans_known": report.loans_known,
                    "events_new": report.events_new,
                    "figures_new": report.figures_new,
                    "rows_refused": len(report.errors),
                    "errors": str(side_file) if report.errors else None,
                }
            )
        )


def _write_errors(path: Path, report: Report) -> None:
    """List the refused rows; an earlier list of the same file is replaced, and removed when there is nothing left."""
    if not report.errors:
        path.unlink(missing_ok=True)
        return
    _write(path, RowError, report.errors)


def _write(path: Path, kind: type[RowError] | type[LoanResult], rows: Sequence[RowError | LoanResult]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(kind)])
        writer.writerows(astuple(row) for row in rows)

"""`manage.py export_ledger FILE --from DATE --through DATE`: the general ledger or the trial balance as a file."""

import json
import os
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from dashu.kernel.dates import parse_date
from dashu.ledger import exporting
from dashu.ledger.general_ledger import ledger_lines, refuse_backwards
from dashu.ledger.management.commands._refusing import refusing
from dashu.ledger.selectors import trial_balance


class Command(BaseCommand):
    help = "Write what was reported in a period as CSV, XLSX or Parquet, page by page; one JSON line at the end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where to; replaced when it is complete")
        parser.add_argument("--from", dest="since", metavar="DATE", required=True, help="first day of the period")
        parser.add_argument("--through", metavar="DATE", required=True, help="last day of the period")
        parser.add_argument("--format", choices=exporting.FORMATS, help="else by the name of the file")
        parser.add_argument("--trial-balance", action="store_true", help="a line for each account, not each posting")
        parser.add_argument("--bom", action="store_true", help="begin a CSV with a byte order mark, for Excel")

    def handle(self, *args: Any, file: Path, since: str, through: str, **options: Any) -> None:
        with refusing(self.stdout):
            first, last = parse_date(since, field="from"), parse_date(through, field="through")
            refuse_backwards(first, last)
            if options["trial_balance"]:
                header = exporting.TRIAL_BALANCE_COLUMNS
                rows = exporting.trial_balance_rows(trial_balance(last, since=first))
            else:
                header = exporting.LEDGER_COLUMNS
                rows = exporting.ledger_rows(ledger_lines(first, last))
            counted = _Counted(rows)
            draft = file.with_name(f"{file.name}.draft")
            try:
                with draft.open("wb") as target:
                    file_format = options["format"] or file.suffix.lstrip(".").lower()
                    exporting.write_file(target, file_format, header, counted, titles=False, has_mark=options["bom"])
                os.replace(draft, file)
            finally:
                draft.unlink(missing_ok=True)
            self.stdout.write(json.dumps({"file": str(file), "rows": counted.count}))


class _Counted:
    def __init__(self, rows: Iterable[exporting.Row]) -> None:
        self._rows, self.count = rows, 0

    def __iter__(self) -> Iterator[exporting.Row]:
        for row in self._rows:
            self.count += 1
            yield row

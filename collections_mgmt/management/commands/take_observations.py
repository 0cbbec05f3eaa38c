"""Take over incomes or revenues that the bank adapter tells, from a CSV file."""

import csv
import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collections_mgmt.services.observe import Income, Revenue, take_income, take_revenue
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.money import parse_minor

COLUMNS = {
    "income": ("borrower", "credited_on", "amount", "currency", "reference"),
    "revenue": ("borrower", "month", "amount", "currency"),
}


class Command(BaseCommand):
    help = "Take over incomes or revenues of borrowers who agreed to it; the same line again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=sorted(COLUMNS))
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", default="bank", help="which adapter tells it")

    def handle(self, *args: Any, **options: Any) -> None:
        what, counts, problems = options["what"], {"new": 0, "known": 0}, []
        try:
            with options["file"].open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                if missing := set(COLUMNS[what]) - set(reader.fieldnames or ()):
                    raise CommandError(f"columns are missing: {', '.join(sorted(missing))}")
                for row in reader:
                    try:
                        is_new = _take(what, row, source=options["source"], today=lender_today())
                    except (DomainError, ValueError) as error:
                        problems.append({"line": reader.line_num, **_told(error)})
                    else:
                        counts["new" if is_new else "known"] += 1
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from error
        self.stdout.write(json.dumps({**counts, "problems": problems}, ensure_ascii=False))
        if problems:
            raise CommandError(f"{len(problems)} lines were not taken over")


def _take(what: str, row: dict[str, Any], *, source: str, today: date) -> bool:
    number, currency = row["borrower"].strip(), row["currency"].strip()
    amount = parse_minor(row["amount"].strip(), currency)
    if what == "income":
        day = date.fromisoformat(row["credited_on"].strip())
        income = Income(number, day, amount, currency, row["reference"].strip())
        return take_income(income, source=source, today=today)
    month = date.fromisoformat(row["month"].strip())
    return take_revenue(Revenue(number, month, amount, currency), source=source, today=today)


def _told(error: Exception) -> dict[str, str]:
    if isinstance(error, DomainError):
        return {"code": error.code, "field": str(error.field or ""), "message": str(error.user_message)}
    return {"code": "invalid_line", "field": "", "message": str(error)}

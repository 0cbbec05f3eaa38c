"""`manage.py close_day [--to DATE]`: the nightly close from a shell, one JSON line for each date closed."""

import json
import sys
from argparse import ArgumentParser
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from collections_mgmt.models import CloseRange
from collections_mgmt.services import close_day
from dashu.kernel.dates import lender_today, parse_date
from dashu.kernel.errors import DomainError


class Command(BaseCommand):
    help = "Close the business dates that are owed, oldest first, up to yesterday or --to."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", metavar="DATE", help="last business date to close, for example 2026-01-31")

    def handle(self, *args: Any, to: str | None, **options: Any) -> None:
        today = lender_today()
        try:
            last = parse_date(to, field="to") if to else today - timedelta(days=1)
            days = list(close_day.owed_dates(to=last, today=today))
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)
        if not days:
            self.stdout.write(json.dumps({"closed_to": last.isoformat(), "dates": 0}))
        for day in days:
            ranges = close_day.start_close(business_date=day).ranges.filter(status=CloseRange.Status.WAITING).count()
            with tqdm(total=ranges, desc=f"close {day}", unit="range", disable=None) as bar:
                run = close_day.close_date(business_date=day, today=today, progress=partial(_advance, bar))
            self.stdout.write(json.dumps(close_day.summary(run)))


def _advance(bar: "tqdm[Any]", _item: CloseRange) -> None:
    bar.update()

"""`manage.py seed_demo`: fill an empty database with a book of loans to look at."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from tqdm import tqdm

from dashu.kernel.dates import InvalidDate, lender_today, parse_date
from dashu.kernel.errors import DomainError
from dashu.portal.demo.book import CAST
from dashu.portal.demo.lives import Life
from dashu.portal.demo.seeding import MONTHS, Choice, is_empty_or_interrupted, seed_book

FEWEST = len(CAST) + len(Life)


class Command(BaseCommand):
    help = "Fill an empty database with a demo book and logins, made by the real services day after day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are loans already")
        parser.add_argument("--loans", type=_whole(FEWEST, 100_000), default=2_000)
        parser.add_argument("--months", type=_whole(4, 120), default=MONTHS, help="age of the oldest loan")
        parser.add_argument("--seed", type=int, default=2026, help="another number makes another book")
        parser.add_argument(
            "--today", metavar="DATE", help="the day the book ends before; the lender's today if absent"
        )

    def handle(
        self, *args: Any, if_empty: bool, loans: int, months: int, seed: int, today: str | None, **options: Any
    ) -> None:
        if if_empty and not is_empty_or_interrupted():
            return
        try:
            end = _day(today) if today else lender_today()
            with tqdm(desc="demo book", unit="day", disable=None) as bar:
                seed_book(Choice(loans, seed, end, months), progress=lambda done, days: _show(bar, done, days))
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)


def _day(text: str) -> date:
    day = parse_date(text, field="today")
    if day > lender_today():
        raise InvalidDate(
            _("%(date)s has not come yet. The book can end today, %(today)s, or earlier."),
            field="today",
            params={"date": day, "today": lender_today()},
        )
    return day


def _show(bar: "tqdm[Any]", done: int, days: int) -> None:
    bar.total = days
    bar.update(done - bar.n)


def _whole(least: int, most: int) -> Any:
    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"a whole number from {least} to {most}")
        return int(text)

    return read

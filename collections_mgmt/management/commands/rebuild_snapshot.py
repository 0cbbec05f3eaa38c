"""`manage.py rebuild_snapshot [--from MONTH] [--to MONTH] [--days] [--check]`: past months and days of the snapshot."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from collections_mgmt.services.snapshot import checking, rebuild
from collections_mgmt.services.snapshot.rebuild import Rebuilt, month_ends
from dashu.kernel.dates import add_months, lender_today, parse_date
from dashu.kernel.errors import DomainError

_SHOWN = 20


class Command(BaseCommand):
    help = "Write months of the snapshot anew from the book's history, or compare them with it (--check)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", metavar="MONTH", help="first month, as 2026-01; all where left out")
        parser.add_argument("--to", dest="last", metavar="MONTH", help="last month; the last that is over if left out")
        parser.add_argument("--days", action="store_true", help="the sums of every day of the months, too")
        parser.add_argument("--check", action="store_true", help="write nothing; say what differs, and exit with 1")
        parser.add_argument("--workers", type=int, default=1, help="pieces of a month that are worked on at once")
        parser.add_argument("--most", type=int, default=_SHOWN, help="differences that are listed of each month or day")

    def handle(
        self,
        *args: Any,
        first: str | None,
        last: str | None,
        days: bool,
        check: bool,
        workers: int,
        most: int,
        **options: Any,
    ) -> None:
        today = lender_today()
        differ = False
        try:
            for month_end in month_ends(*_months(first, last, today)):
                if check:
                    differ |= self._check(month_end, days, most)
                else:
                    self._rebuild(month_end, days, max(1, workers))
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)
        if differ:
            sys.exit(1)

    def _rebuild(self, month_end: date, days: bool, workers: int) -> None:
        with _Bar(f"month {month_end:%Y-%m}") as progress:
            self._tell(rebuild.rebuild_month(month_end=month_end, workers=workers, progress=progress))
        for on in _days_of(month_end) if days else ():
            with _Bar(f"day {on}") as progress:
                self._tell(rebuild.rebuild_day(on=on, progress=progress))

    def _tell(self, done: Rebuilt) -> None:
        self.stdout.write(json.dumps({"rebuilt": done.on.isoformat(), "rows": done.rows, "pieces": done.pieces}))

    def _check(self, month_end: date, days: bool, most: int) -> bool:
        with _Bar(f"month {month_end:%Y-%m}") as progress:
            found = checking.differences_of_month(month_end=month_end, progress=progress)
            differ = self._tell_differences(f"{month_end:%Y-%m}", found, most)
        for on in _days_of(month_end) if days else ():
            with _Bar(f"day {on}") as progress:
                differ |= self._tell_differences(
                    on.isoformat(), checking.differences_of_day(on=on, progress=progress), most
                )
        return differ

    def _tell_differences(self, checked: str, found: Iterable[checking.Difference], most: int) -> bool:
        count = 0
        for count, difference in enumerate(found, start=1):
            if count <= most:
                self.stdout.write(json.dumps(_as_json(difference), ensure_ascii=False, default=str))
        self.stdout.write(json.dumps({"checked": checked, "differences": count}))
        return count > 0


def _months(first: str | None, last: str | None, today: date) -> tuple[date, date]:
    """Return the first day of the first month and of the last; what has not ended is none of them."""
    ended = add_months(today.replace(day=1), -1)
    begin = parse_date(f"{first}-01", field="from") if first else rebuild.first_month() or today
    end = parse_date(f"{last}-01", field="to") if last else ended
    return begin, min(end, ended)


def _days_of(month_end: date) -> list[date]:
    first = month_end.replace(day=1)
    return [first + timedelta(days=number) for number in range(month_end.day)]


def _as_json(difference: checking.Difference) -> dict[str, Any]:
    return {
        "differs": difference.what,
        "row": difference.key,
        "columns": {name: {"kept": kept, "found": found} for name, kept, found in difference.columns},
        "may_be": str(difference.why),
    }


class _Bar:
    """A bar of progress whose length becomes known with its first step."""

    def __init__(self, words: str) -> None:
        self._bar: tqdm[Any] = tqdm(desc=words, unit="piece", disable=None)

    def __enter__(self) -> Callable[[int, int], None]:
        return self._step

    def __exit__(self, *_error: object) -> None:
        self._bar.close()

    def _step(self, _done: int, of: int) -> None:
        self._bar.total = of
        self._bar.update()

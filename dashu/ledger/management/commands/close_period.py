"""`manage.py close_period --reason TEXT [--through DATE] [--preview]`: close the next accounting period."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from dashu.kernel.dates import lender_today, parse_date
from dashu.ledger.management.commands._refusing import refusing
from dashu.ledger.periods import close_period, next_month_end, preview_close


class Command(BaseCommand):
    help = "Close the accounting period that is due, so that nothing is reported in it any more; one JSON line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--through", metavar="DATE", help="last day of the month to close; else the one that is due"
        )
        parser.add_argument("--reason", default="", help="why, for the audit log")
        parser.add_argument("--preview", action="store_true", help="say what would be locked, and lock nothing")

    def handle(self, *args: Any, through: str | None, reason: str, preview: bool, **options: Any) -> None:
        today = lender_today()
        with refusing(self.stdout):
            last = parse_date(through, field="through") if through else next_month_end(today=today)
            if preview:
                shown = preview_close(through=last, today=today)
                totals = {
                    currency: {"debit_minor": total.debit_minor, "credit_minor": total.credit_minor}
                    for currency, total in shown.totals.items()
                }
                answer = {
                    "through": last.isoformat(),
                    "entries": shown.entries,
                    "totals": totals,
                    "refusals": [refusal.as_json() for refusal in shown.refusals],
                }
            else:
                period = close_period(through=last, today=today, reason=reason, actor="system:close_period")
                answer = {"closed_through": last.isoformat(), "entries": period.entries, "totals": period.totals}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))

"""`manage.py reconcile [--record]`: compare every loan and suspense with the ledger; exit 1 when one differs."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from dashu.kernel.dates import lender_today
from dashu.ledger.selectors import unbalanced_currencies
from repayments.selectors.bank_suspense import SuspenseDifference, suspense_differences
from repayments.selectors.reconciliation import Difference, differences
from repayments.services.reconcile_day import reconcile_day


class Command(BaseCommand):
    help = "Compare every loan's balances, and suspense, with the ledger; print each difference as a JSON line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--record", action="store_true", help="keep the result as that of today")

    def handle(self, *args: Any, record: bool, **options: Any) -> None:
        if record:
            day = reconcile_day(on=lender_today(), actor="system:reconcile")
            found, count, unbalanced = day.details, day.differences, day.unbalanced
        else:
            every: list[Difference | SuspenseDifference] = [*differences(), *suspense_differences()]
            found = [asdict(difference) for difference in every]
            count, unbalanced = len(found), unbalanced_currencies()
        for difference in found:
            self.stdout.write(json.dumps(difference))
        self.stdout.write(json.dumps({"differences": count, "unbalanced": unbalanced}))
        if count or unbalanced:
            sys.exit(1)

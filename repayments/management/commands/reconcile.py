"""`manage.py reconcile`: compare every loan and suspense with the ledger; exit 1 when one differs."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from repayments.selectors.bank_suspense import SuspenseDifference, suspense_differences
from repayments.selectors.reconciliation import Difference, differences


class Command(BaseCommand):
    help = "Compare every loan's balances, and suspense, with the ledger; print each difference as a JSON line."

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[Difference | SuspenseDifference] = [*differences(), *suspense_differences()]
        for difference in found:
            self.stdout.write(json.dumps(asdict(difference)))
        self.stdout.write(json.dumps({"differences": len(found)}))
        if found:
            sys.exit(1)

"""`manage.py reconcile`: compare every loan's balances with its postings; exit 1 when one differs."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from repayments.selectors.reconciliation import differences


class Command(BaseCommand):
    help = "Compare every loan's balances with the ledger and print each difference as a JSON line."

    def handle(self, *args: Any, **options: Any) -> None:
        found = differences()
        for difference in found:
            self.stdout.write(json.dumps(asdict(difference)))
        self.stdout.write(json.dumps({"differences": len(found)}))
        if found:
            sys.exit(1)

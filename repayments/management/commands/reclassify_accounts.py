"""`manage.py reclassify_accounts`: after a change of the chart, move what loans hold to their accounts."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from dashu.kernel.dates import lender_today
from repayments.services.reclassify import reclassify


class Command(BaseCommand):
    help = "Move each loan's balances to the accounts that the chart gives its product; one JSON line."

    def handle(self, *args: Any, **options: Any) -> None:
        moved = reclassify(on=lender_today(), actor="system:reclassify_accounts")
        self.stdout.write(json.dumps(asdict(moved)))

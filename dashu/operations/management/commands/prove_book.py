"""`manage.py prove_book`: what a restored book comes to; a drill runs it on the copy, in a process of its own."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from collections_mgmt.models import CloseRun
from collections_mgmt.services.close_day import close_date
from dashu.audit import chain
from dashu.kernel.dates import lender_today
from dashu.ledger.selectors import unbalanced_currencies
from dashu.operations.vitals import figures_of_book
from repayments.selectors.bank_suspense import suspense_differences
from repayments.selectors.reconciliation import differences


class Command(BaseCommand):
    help = "Print the book's figures, reconcile it, walk the audit log, and end the nights that were interrupted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--holds", default="0:", help="NUMBER:DIGEST of the audit log that must be found again")

    def handle(self, *_args: Any, holds: str, **_options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            figures = figures_of_book()
        number, _colon, digest = holds.partition(":")
        faults = chain.verify(holds=chain.Head(int(number), digest) if int(number) else None).faults
        told: dict[str, Any] = {"figures": figures, "books": _disagreements(), "audit": [asdict(one) for one in faults]}
        told["nights"] = _end_nights()
        if told["nights"]:
            told["books_after"] = _disagreements()
        self.stdout.write(json.dumps(told))


def _disagreements() -> list[str]:
    """Say where the loans, suspense and the ledger disagree; empty where they agree to the last unit."""
    found = [str(one) for one in (*differences(), *suspense_differences())]
    return [
        *found,
        *(f"{currency} is out of balance by {minor}" for currency, minor in unbalanced_currencies().items()),
    ]


def _end_nights() -> list[str]:
    nights = CloseRun.objects.exclude(status=CloseRun.Status.CLOSED).order_by("business_date")
    days = list(nights.filter(status=CloseRun.Status.RUNNING).values_list("business_date", flat=True))
    today = lender_today()
    return [close_date(business_date=day, today=today).business_date.isoformat() for day in days]

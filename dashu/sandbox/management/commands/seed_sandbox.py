"""`manage.py seed_sandbox`: fill a partner's sandbox and tell the keys to it."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.sandbox.seeding import seed_sandbox


class Command(BaseCommand):
    help = "Fill a partner's sandbox and print its client id and secret as JSON; only where DASHU_SANDBOX is 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partner", required=True, metavar="CODE", help="lower case letters, digits and hyphens")
        parser.add_argument("--name", default="", help="the partner's name; its code if absent")
        parser.add_argument("--reset", action="store_true", help="begin anew; what there was is not seen any more")

    def handle(self, *args: Any, partner: str, name: str, reset: bool, **options: Any) -> None:
        try:
            keys = seed_sandbox(code=partner, name=name or partner, now=lender_now(), is_new=reset)
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)
        self.stdout.write(json.dumps(keys.as_json()))

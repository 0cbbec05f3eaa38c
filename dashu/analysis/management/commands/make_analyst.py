"""`manage.py make_analyst NAME [--revoke]`: a role of the database that reads the views of `analysis`, and no more."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from dashu.analysis.analysts import make_analyst, revoke_analyst
from dashu.kernel.errors import DomainError

ACTOR = "system:make_analyst"


class Command(BaseCommand):
    help = "Make an analyst's role, or give it a new password, which is told this once; one JSON line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="small letters, digits and _; the role is called analyst_NAME")
        parser.add_argument("--revoke", action="store_true", help="take the role away instead")

    def handle(self, *args: Any, name: str, revoke: bool, **options: Any) -> None:
        try:
            if revoke:
                answer = {"revoked": revoke_analyst(name, actor=ACTOR)}
            else:
                role, password = make_analyst(name, actor=ACTOR)
                answer = {"role": role, "password": password}
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)
        self.stdout.write(json.dumps(answer))

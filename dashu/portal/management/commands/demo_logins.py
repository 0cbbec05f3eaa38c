"""`manage.py demo_logins`: who can sign in to the demo, and how."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from dashu.portal.demo.logins import Login, demo_logins


class Command(BaseCommand):
    help = "Show the logins of the demo book; nothing where there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        found = demo_logins()
        if options["json"]:
            self.stdout.write(json.dumps([login.as_json() for login in found], ensure_ascii=False, indent=1))
        elif found:
            width = max(len(login.who) for login in found)
            self.stdout.write("Demo logins")
            for login in found:
                self.stdout.write(f"  {login.who:<{width}}  {_way_in(login)}")


def _way_in(login: Login) -> str:
    if login.client_id:
        return f"client id {login.client_id}, secret {login.client_secret or 'was changed'}"
    return f"{login.email:<36}  {login.password or 'the password was changed'}"

"""`manage.py load_policy [FILE…]`: load the policy packs; without files, all that come with the program."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashu.policy.services import InvalidPack, load_packs


class Command(BaseCommand):
    help = "Check the policy packs and make the rules in the database equal to them. Running again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, help="pack files; without any, all that come with Dashu")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            loaded = load_packs(options["files"] or None)
        except InvalidPack as error:
            raise CommandError(str(error)) from error
        for pack in loaded:
            self.stdout.write(
                f"{pack.pack}: {pack.added} added, {pack.changed} changed, {pack.removed} removed, "
                f"{pack.unchanged} unchanged"
            )

"""`manage.py partition_by_loan --partitions 8`: spread the tables of the loans over partitions, while all is still."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collections_mgmt.services.partition_by_loan import partition_by_loan
from dashu.kernel.errors import DomainError


class Command(BaseCommand):
    help = "Spread the tables that are keyed by a loan over hash partitions of loan_id. Stop web and workers first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partitions", type=int, default=8, metavar="N")

    def handle(self, *args: Any, partitions: int, **options: Any) -> None:
        if partitions < 2:
            raise CommandError("--partitions: 2 or more.")
        try:
            converted = partition_by_loan(partitions=partitions, progress=self.stdout.write)
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.user_message}") from error
        self.stdout.write(f"{len(converted)} tables now have {partitions} partitions each.")

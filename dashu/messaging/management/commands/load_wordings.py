"""`manage.py load_wordings`: put the texts that come with the program in use where there is none yet."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.messaging.services.load_wordings import load_wordings


class Command(BaseCommand):
    help = "Put the texts of reminders that come with Dashu in use where there is none yet. Staff's own are left alone."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            loaded = load_wordings(on=lender_today())
        except DomainError as error:
            raise CommandError(error.user_message) from error
        self.stdout.write(f"{loaded} texts added")

"""`manage.py load_consent_texts`: put the texts of consent that come with the program in use."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashu.consents.services.load_texts import TextChanged, load_texts


class Command(BaseCommand):
    help = "Put new versions of the texts of consent in use. A version that was changed in place is refused."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            loaded = load_texts()
        except TextChanged as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{loaded} texts added")

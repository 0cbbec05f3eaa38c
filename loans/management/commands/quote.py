"""`manage.py quote`: terms in, installments and yearly cost out; see docs/commands.md."""

from argparse import ArgumentParser
from typing import Any

from dashu.api.json_commands import JsonCommand
from loans.domain.quoting import quote_document
from loans.selectors.rate_limits import limits_of_pack


class Command(JsonCommand):
    help = "Read terms as JSON on standard input and write their installments, totals and annual rates."
    _explains = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--explain", action="store_true", help="say of every number how it came about")

    def handle(self, *args: Any, **options: Any) -> None:
        self._explains = options["explain"]
        super().handle(*args, **options)

    def answer(self, document: Any) -> Any:
        return quote_document(document, limits_of_pack, explains=self._explains)

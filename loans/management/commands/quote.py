"""`manage.py quote`: terms in, installments and yearly cost out; see docs/commands.md."""

from typing import Any

from dashu.api.json_commands import JsonCommand
from loans.domain.quoting import quote_document


class Command(JsonCommand):
    help = "Read terms as JSON on standard input and write their installments, totals and annual rates."

    def answer(self, document: Any) -> Any:
        return quote_document(document)

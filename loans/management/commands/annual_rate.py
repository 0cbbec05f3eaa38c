"""`manage.py annual_rate`: advances and payments in, one yearly rate out; see docs/commands.md."""

from typing import Any

from dashu.api.json_commands import JsonCommand
from loans.domain.yearly_rates import annual_rate_document


class Command(JsonCommand):
    help = "Read advances and payments as JSON on standard input and write the yearly rate that they come to."

    def answer(self, document: Any) -> Any:
        return annual_rate_document(document)

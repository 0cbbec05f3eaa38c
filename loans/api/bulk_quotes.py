"""Quotes in bulk: each line holds terms, as `POST /quotes` takes them, and nothing is written."""

from typing import Any

from dashu.bulk.kinds import Doing, Done, JobKind, Values
from loans.domain.quoting import quote_document
from loans.selectors.rate_limits import limits_of_pack

# What fits into a cell. Terms with fees, tranches or rows of their own come as JSON lines.
_WHOLE = (
    "count", "every", "due_day", "second_due_day", "grace_principal", "grace_interest", "interest_free",
)  # fmt: skip
_TEXTS = (
    "principal", "currency", "annual_rate", "method", "period", "day_count", "accrual", "compounding", "disbursed_on",
    "first_due_on", "stub", "balloon", "rounding", "rounding_unit", "remainder", "deferred_interest", "calendar",
    "business_day", "pack",
)  # fmt: skip


def quote_line(values: Values, _doing: Doing) -> Done:
    return Done({"quote": quote_document(_terms(values), limits_of_pack)})


def _terms(values: Values) -> dict[str, Any]:
    """Cells are texts; where terms have a whole number, its digits are taken for one."""
    return {
        name: int(value) if name in _WHOLE and isinstance(value, str) and _is_whole(value) else value
        for name, value in values.items()
    }


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


QUOTES = JobKind(
    code="quotes",
    scope="quotes",
    columns=(*_TEXTS, *_WHOLE),
    needed=("principal", "method", "disbursed_on"),
    most_lines=5_000,
    perform=quote_line,
    writes=False,
)

"""JSON as programs should send it: no name twice, no number that JSON does not have, no text that cannot be stored."""

import json
from math import isinf
from typing import Any, NoReturn


class TooDeep(ValueError):
    """The document nests deeper than its reader allows."""


def read_json(text: str, *, most_levels: int) -> Any:
    """
    Return the document.

    :raises TooDeep: see there. :raises ValueError: it is no strict JSON.
    """
    try:
        document = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_repeats
        )
        _refuse_deep(document, most_levels)
        _refuse_what_is_no_text(document)
    except RecursionError as error:
        raise TooDeep from error
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(number: str) -> float:
    """Python reads 1e400 as infinity, which JSON does not have and no answer could hold."""
    if isinf(value := float(number)):
        raise ValueError(number)
    return value


def _refuse_what_is_no_text(document: Any) -> None:
    """Half of a surrogate pair can be written in JSON, but neither stored nor sent back."""
    json.dumps(document, ensure_ascii=False).encode()


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _value in pairs]
        raise ValueError(next(name for name in names if names.count(name) > 1)[:40])
    return document


def _refuse_deep(document: Any, most_levels: int) -> None:
    """Level by level and not by recursion, which a deep document would exhaust."""
    level = [document]
    for _depth in range(most_levels):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise TooDeep

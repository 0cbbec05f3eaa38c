"""Answers as CSV for spreadsheets, where a caller asks for `text/csv`; refusals stay problems in JSON."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer
from rest_framework.utils.encoders import JSONEncoder

from dashu.ledger.exporting import csv_text, plain_text


class CsvRenderer(BaseRenderer):
    """
    Writes `results` of an answer, a line for each, under the names of their fields; a sum of money is its amount alone,
    and the row says its currency. A text that a spreadsheet would take for a formula has an apostrophe before it.
    """

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        response = (renderer_context or {}).get("response")
        if response is None or response.exception or "results" not in data:
            return json.dumps(data, cls=JSONEncoder, ensure_ascii=False).encode()
        rows = data["results"]
        return csv_of(rows, () if rows else (renderer_context or {})["view"].columns)


def csv_of(rows: Iterable[Mapping[str, Any]], columns: Iterable[str] = ()) -> bytes:
    """Return rows below the names of their fields. :param columns: the names where there is no row."""
    rows = list(rows)
    names = list(rows[0] if rows else columns)
    lines = ([_cell(row[name]) for name in names] for row in rows)
    return b"".join(csv_text(dict.fromkeys(names, ""), lines, titles=False, has_mark=False))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return str(value["amount"])  # our own digits; a minus before them is no formula
    return plain_text(value) if isinstance(value, str) else str(value)

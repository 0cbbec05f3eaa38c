"""What the OpenAPI document shows of answers and forms that are files."""

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample

from dashu.api.csv_files import csv_of

CSV, PDF = "text/csv", "application/pdf"
# A file cannot be shown as text; so much of it says which kind it is.
BEGINNINGS = {
    PDF: "%PDF-1.7\n…",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "PK\u0003\u0004…",
}


def csv_example(name: str, rows: Iterable[Mapping[str, Any]]) -> OpenApiExample:
    """Show rows as the same answer has them in CSV."""
    return file_example(name, csv_of(rows).decode(), media_type=CSV)


def beginning_example(media_type: str) -> OpenApiExample:
    return file_example("file", BEGINNINGS[media_type], media_type=media_type, summary="How the file begins")


def file_example(name: str, text: str, *, media_type: str, summary: str = "") -> OpenApiExample:
    return OpenApiExample(
        name, value=text, summary=summary, response_only=True, status_codes=["200"], media_type=media_type
    )

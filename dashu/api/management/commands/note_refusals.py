"""`manage.py note_refusals`: note the sentences of the API's refusals where the catalogs find them."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from dashu.api import refusal_texts
from dashu.api.documented import documented_refusals

FILE = Path(refusal_texts.__file__)
LINE = 120
_HEAD = '''"""
What the API's refusals mean, for the catalogs. Written by `manage.py note_refusals` from the schema: change a sentence
where it stands, in the docstring of the refusal or in the schema of the operation.
"""

from django.utils.translation import gettext_noop as _

TEXTS = (
'''


class Command(BaseCommand):
    help = "Note the sentences of the API's refusals for the catalogs, after operations or refusals were added."

    def handle(self, *args: Any, **options: Any) -> None:
        FILE.write_text(as_module(), encoding="utf-8")


def as_module() -> str:
    texts = sorted({meaning for each in documented_refusals() for meaning in each.meanings})
    return _HEAD + "".join(map(_entry, texts)) + ")\n"


def _entry(text: str) -> str:
    line = f"    _({_quoted(text)}),\n"
    if len(line) <= LINE + 1:
        return line
    parts = _split(text, LINE - 10)
    return "    _(\n" + "".join(f"        {_quoted(part)}\n" for part in parts) + "    ),\n"


def _split(text: str, most: int) -> list[str]:
    if len(text) <= most:
        return [text]
    at = text.rindex(" ", 0, most) + 1
    return [text[:at], *_split(text[at:], most)]


def _quoted(text: str) -> str:
    """As the formatter quotes."""
    if '"' in text and "'" not in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)

"""The texts of consent that come with the program."""

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from dashu.consents.models import ConsentText, Purpose

TEXTS_FILE = Path(__file__).parents[1] / "texts.yaml"
LANGUAGES = {"en", "zh-Hans", "zh-Hant"}


class TextChanged(ValueError):
    """A version that people may have agreed to says something else now; write a new version instead."""


@transaction.atomic
def load_texts(path: Path = TEXTS_FILE) -> int:
    """
    Put the versions of the file in use that are not here yet; return how many. Loading again changes nothing.

    :raises TextChanged: a version that is here has other words.
    """
    known = {(text.purpose, text.version): text.digest for text in ConsentText.objects.all()}
    new = []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        text = _text(entry)
        key = (text.purpose, text.version)
        if key not in known:
            new.append(text)
        elif known[key] != text.digest:
            raise TextChanged(f"{text.purpose} version {text.version} was changed; write version {text.version + 1}")
    return len(ConsentText.objects.bulk_create(new, ignore_conflicts=True))


def _text(entry: dict[str, Any]) -> ConsentText:
    title, text = entry["title"], entry["text"]
    if set(title) != LANGUAGES or set(text) != LANGUAGES:
        raise ValueError(f"{entry['purpose']}: a title and a text in each of {sorted(LANGUAGES)} are needed")
    digest = hashlib.sha256(json.dumps([title, text], sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return ConsentText(
        purpose=Purpose(entry["purpose"]).value, version=entry["version"], title=title, text=text, digest=digest
    )

"""The texts that come with the program, put in use where there is none yet."""

from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from dashu.messaging.models import WordingVersion
from dashu.messaging.wording import check_wording

WORDINGS_FILE = Path(__file__).parents[1] / "wordings.yaml"


@transaction.atomic
def load_wordings(*, on: date, path: Path = WORDINGS_FILE) -> int:
    """
    Put each text of the file in use whose key has no version yet; return how many.

    What staff wrote or retired is left alone, so loading again changes nothing.

    :raises WordingRefused: a text of the file could not be saved by staff either.
    """
    texts = [_version(entry, language) for entry in _entries(path) for language, _name in settings.LANGUAGES]
    for text in texts:
        check_wording(
            kind=text.kind,
            channel=text.channel,
            language=text.language,
            subject=text.subject,
            body=text.body,
            on=on,
        )
    known = set(WordingVersion.objects.values_list("kind", "product", "bucket", "language", "channel"))
    new = [text for text in texts if (text.kind, text.product, text.bucket, text.language, text.channel) not in known]
    return len(WordingVersion.objects.bulk_create(new, ignore_conflicts=True))


def _entries(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["wordings"]
    return found


def _version(entry: dict[str, Any], language: str) -> WordingVersion:
    text = entry[language]
    return WordingVersion(
        kind=entry["kind"],
        product=entry.get("product", ""),
        bucket=entry.get("bucket", ""),
        channel=entry["channel"],
        language=language,
        version=1,
        status=WordingVersion.Status.APPROVED,
        subject=text.get("subject", ""),
        body=text["body"],
        approved_at=Now(),
    )

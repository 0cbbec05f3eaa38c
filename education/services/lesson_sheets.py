"""
The sheet of a lesson as PDF: one page of A4 with the lesson's text, its figures, and a QR code that leads to it.

A sheet follows from the text of the lesson and from nothing else, so its version is a digest of that; while the version
stays, the file is kept.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from dashu.documents.papers import paper
from dashu.kernel.dates import midnight
from dashu.messaging.links import public_address
from dashu.policy import rules as policy
from education.domain.lessons import Lesson
from education.domain.sheet_blocks import blocks_of
from education.selectors.published import lesson_of
from repayments.papers.wording import TYPST_LANGUAGE

# Raised when the look of the sheet changes.
LOOK = 1
SIZES = [size / 4 for size in range(44, 27, -1)]  # points, the largest first: 11 to 7
KEPT_FOR = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Sheet:
    """:param version: the same for the same text and look."""

    version: str
    pdf: bytes


def sheet_of(slug: str, language: str) -> Sheet:
    """Return the sheet of a lesson in one of its languages, made once for a version."""
    lesson = lesson_of(slug, language)
    with translation.override(language):
        facts = _facts(lesson)
    address = public_address(reverse("education:lesson", args=[slug]))
    text = json.dumps([LOOK, facts, address], ensure_ascii=False, sort_keys=True, default=str)
    version = hashlib.sha256(text.encode()).hexdigest()[:32]
    made = cache.get_or_set(f"lesson-sheet:{version}", lambda: _made(lesson, facts, address), KEPT_FOR)
    return Sheet(version, made or _made(lesson, facts, address))


def _made(lesson: Lesson, facts: dict[str, Any], address: str) -> bytes:
    day: datetime = midnight(lesson.legal_facts_on)
    return paper("lesson_sheet", facts, verify_url=address, issued_at=day)


def _facts(lesson: Lesson) -> dict[str, Any]:
    lang, region = TYPST_LANGUAGE[lesson.language]
    return {
        "lender": policy.lender_names(lesson.legal_facts_on)[lesson.language],
        "typst_lang": lang,
        "typst_region": region,
        "sizes": SIZES,
        "blocks": [_plain(block) for block in blocks_of(lesson.html)],
        "words": {
            "title": lesson.title,
            "summary": lesson.summary,
            "kind": gettext("Lesson on one page"),
            "scan": gettext("The whole lesson, with your own figures and questions to check yourself:"),
            "facts_on": gettext(
                "Rules as of %(day)s. Every figure here is computed by the program that computes loans."
            )
            % {"day": date_format(lesson.legal_facts_on, "DATE_FORMAT")},
            "sources": ": ".join([gettext("Sources"), " · ".join(source.name for source in lesson.sources)]),
            "promise": gettext("Free, for everyone, and never part of a decision about credit."),
            "qr_alt": gettext("QR code that leads to the lesson"),
        },
    }


def _plain(block: dict[str, Any]) -> dict[str, Any]:
    """Cells of a table are named, so that the template can put all rows behind each other."""
    if block["kind"] != "table":
        return block
    width = max(len(row) for row in block["rows"])
    padded = [[*row, *([[]] * (width - len(row)))] for row in block["rows"]]
    return {"kind": "table", "rows": [[{"runs": cell} for cell in row] for row in padded]}

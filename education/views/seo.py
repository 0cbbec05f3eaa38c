"""
What search engines and messengers are told of a page of learning: one address for each language, and what it is.

The data for machines is a block of JSON, which runs nowhere; what could end it early is written as an escape.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from education.domain.glossary import Term
from education.domain.lessons import LANGUAGES, Lesson
from education.languages import language_now
from education.views.reading import address_in

HREFLANG: Mapping[str, str] = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}
LOCALES: Mapping[str, str] = {"zh-hans": "zh_CN", "zh-hant": "zh_TW", "en": "en_US"}
LEVELS: Mapping[int, str] = {1: "Beginner", 2: "Intermediate", 3: "Advanced"}
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seo:
    """:param alternates: pairs of a language, or "x-default", and the address of the page in it."""

    title: str
    description: str
    canonical: str
    alternates: Sequence[tuple[str, str]]
    locale: str
    kind: str
    data: SafeString


def seo(request: HttpRequest, *, title: str, description: str, data: Data, kind: str = "website") -> Seo:
    """:param data: by schema.org, without its context, language and address, which are those of the page."""
    code = language_now()
    whole = {
        "@context": "https://schema.org",
        "url": address_in(request, code),
        "inLanguage": HREFLANG[code],
        "name": title,
        "description": description,
        "isAccessibleForFree": True,
        **data,
    }
    return Seo(
        title=title,
        description=description,
        canonical=address_in(request, code),
        alternates=alternates(request),
        locale=LOCALES[code],
        kind=kind,
        data=SafeString(json.dumps(whole, ensure_ascii=False).translate(_ESCAPES)),
    )


def alternates(request: HttpRequest, *, path: str = "") -> list[tuple[str, str]]:
    in_each = [(HREFLANG[code], address_in(request, code, path=path)) for code in LANGUAGES]
    return [*in_each, ("x-default", address_in(request, path=path))]


def of_lesson(lesson: Lesson) -> Data:
    """A lesson, with its questions as asked and answered ones."""
    asked = [
        {
            "@type": "Question",
            "name": question.text,
            "acceptedAnswer": {"@type": "Answer", "text": f"{right.text} {right.feedback}"},
        }
        for question in lesson.questions
        for right in question.options
        if right.is_right
    ]
    return {
        "@type": ["LearningResource", "FAQPage"],
        "learningResourceType": "lesson",
        "educationalLevel": LEVELS[lesson.level],
        "timeRequired": f"PT{lesson.minutes}M",
        "teaches": list(lesson.skills),
        "dateModified": lesson.legal_facts_on.isoformat(),
        "provider": _provider(),
        "mainEntity": asked,
    }


def of_course(request: HttpRequest, lessons: Sequence[tuple[Lesson, str]]) -> Data:
    """All lessons together. :param lessons: each with its path."""
    return {
        "@type": "Course",
        "provider": _provider(),
        "hasPart": [
            {"@type": "LearningResource", "name": each.title, "url": address_in(request, language_now(), path=path)}
            for each, path in lessons
        ],
    }


def of_glossary(terms: Sequence[Term]) -> Data:
    return {
        "@type": "DefinedTermSet",
        "hasDefinedTerm": [
            {"@type": "DefinedTerm", "termCode": term.code, "name": term.term, "description": term.definition}
            for term in terms
        ],
    }


def of_calculator() -> Data:
    return {"@type": "WebApplication", "applicationCategory": "FinanceApplication", "provider": _provider()}


def _provider() -> Data:
    return {"@type": "Organization", "name": _("Dashu")}

"""Where lessons lead: the links of their texts and sources, and what was found there when it was last looked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urldefrag

from education.domain.checking import links_in
from education.domain.lessons import is_safe_address
from education.domain.parts import part_of
from education.domain.source import LessonSource
from education.domain.words import LANGUAGES
from education.models import LinkCheck
from education.selectors.published import published_slugs, shown_now, source_of

SHOWN_AFTER = 2  # failures in a row: once may be chance


@dataclass(frozen=True, slots=True)
class UsedLink:
    """:param lessons: slugs of those that name it. :param check: None where nobody looked yet."""

    address: str
    lessons: tuple[str, ...]
    check: LinkCheck | None

    @property
    def is_bad(self) -> bool:
        return self.check is not None and self.check.failures >= SHOWN_AFTER


def addresses_in(source: LessonSource) -> list[str]:
    """Return where a lesson leads, each once and without the place on the page."""
    found: dict[str, None] = {}
    for language in LANGUAGES:
        text = part_of(source, language)
        for address in (*links_in(text["body"]), *(each["address"] for each in text["sources"])):
            if is_safe_address(address):
                found[urldefrag(address).url] = None
    return list(found)


def used_links(sources: Iterable[LessonSource] | None = None) -> Sequence[UsedLink]:
    """Return the links of lessons, those of readers unless others are given, with what was found there; two queries."""
    if sources is None:
        shown = shown_now()
        sources = [source_of(slug, shown) for slug in published_slugs(shown)]
    used: dict[str, dict[str, None]] = {}
    for source in sources:
        for address in addresses_in(source):
            used.setdefault(address, {})[source.slug] = None
    checks = {check.address: check for check in LinkCheck.objects.filter(address__in=list(used))}
    return [UsedLink(address, tuple(lessons), checks.get(address)) for address, lessons in sorted(used.items())]

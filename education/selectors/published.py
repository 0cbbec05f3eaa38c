"""
The lessons that readers get: the version that editors published, else the one that comes with the program.

Which versions are published is asked of the database each time, in one query however many they are; what a version
says never changes, so it is read and rendered once per process. A lesson whose published version was retired without
another in its place is no lesson any more, and its files do not come back by themselves.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Case, Value, When

from dashu.alerts.services import raise_alert_if_possible
from education.domain.lessons import Lesson, lesson_for, load_lesson, read_lesson, slugs
from education.domain.own import OwnFigures
from education.domain.source import LessonSource, source_of_files
from education.domain.words import LANGUAGES, BrokenLesson
from education.models import LessonVersion

logger = logging.getLogger(__name__)


class LessonNotPublished(LookupError):
    """There is no such lesson, or none any more."""


@dataclass(frozen=True, slots=True)
class Key:
    """A version that is published. :param digest: of what it says."""

    version_id: int
    digest: str


Shown = Mapping[str, Key | None]  # None where a lesson was retired


def shown_now() -> Shown:
    """Return what stands in the place of files, by slug; one query."""
    Status = LessonVersion.Status  # noqa: N806
    is_later = Case(When(status=Status.PUBLISHED, then=Value(0)), default=Value(1))
    rows = (
        LessonVersion.objects.filter(status__in=[Status.PUBLISHED, Status.RETIRED], published_at__isnull=False)
        .order_by("slug", is_later)
        .distinct("slug")
        .values_list("slug", "status", "pk", "digest")
    )
    return {slug: Key(pk, digest) if status == Status.PUBLISHED else None for slug, status, pk, digest in rows}


def published_slugs(shown: Shown | None = None) -> tuple[str, ...]:
    """Return the slugs of all lessons for readers, in their order of reading."""
    shown = shown_now() if shown is None else shown
    known = {slug for slug in (*slugs(), *shown) if _is_there(slug, shown)}
    return tuple(sorted(known, key=lambda slug: (_lesson(slug, LANGUAGES[0], None, shown).order, slug)))


def lesson_of(slug: str, language: str, own: OwnFigures | None = None, *, shown: Shown | None = None) -> Lesson:
    """
    Return a lesson for a reader, with their own figures where they are known.

    :param shown: what `shown_now` returned, for whoever reads several.
    :raises LessonNotPublished: there is none, or none any more.
    """
    shown = shown_now() if shown is None else shown
    if not _is_there(slug, shown):
        raise LessonNotPublished(slug)
    return _lesson(slug, language, own, shown)


def lessons_in(language: str, shown: Shown | None = None) -> list[Lesson]:
    """Return all lessons for readers, in their order; one query. :param shown: see `lesson_of`."""
    shown = shown_now() if shown is None else shown
    return [_lesson(slug, language, None, shown) for slug in published_slugs(shown)]


def titles_in(language: str) -> dict[str, str]:
    """Return the titles of all lessons for readers by slug, in their order; one query."""
    return {lesson.slug: lesson.title for lesson in lessons_in(language)}


def source_of(slug: str, shown: Shown | None = None) -> LessonSource:
    """
    Return a lesson as readers get it now, as it is written.

    :raises LessonNotPublished: there is none, or none any more.
    """
    shown = shown_now() if shown is None else shown
    key = _working(slug, shown)
    if key is not None:
        return source_of_version(key.version_id, key.digest)
    if not _is_there(slug, shown):
        raise LessonNotPublished(slug)
    return source_of_files(slug)


@lru_cache(maxsize=512)
def source_of_version(version_id: int, _digest: str) -> LessonSource:
    """Return a version as it is written. :param _digest: of what it says, so that nothing older is remembered."""
    version = LessonVersion.objects.get(pk=version_id)
    return LessonSource(version.slug, version.files, where=str(version))


def _is_there(slug: str, shown: Shown) -> bool:
    if slug in shown and shown[slug] is None:
        return False
    return slug in slugs() or _working(slug, shown) is not None


def _lesson(slug: str, language: str, own: OwnFigures | None, shown: Shown) -> Lesson:
    key = _working(slug, shown)
    if key is None:
        return load_lesson(slug, language) if own is None else lesson_for(slug, language, own)
    if own is not None:
        return read_lesson(source_of_version(key.version_id, key.digest), language, own)
    found = _read(key, language)
    assert found is not None, "a version that works has every language"
    return found


def _working(slug: str, shown: Shown) -> Key | None:
    """Return the published version, unless this release of the program can no longer read it."""
    key = shown.get(slug)
    return key if key is not None and all(_read(key, language) for language in LANGUAGES) else None


@lru_cache(maxsize=512)
def _read(key: Key, language: str) -> Lesson | None:
    """A version that was checked can break only by a release in which something it names is gone."""
    source = source_of_version(key.version_id, key.digest)
    try:
        return read_lesson(source, language)
    except BrokenLesson as error:
        logger.error("A published lesson cannot be read: %s", error)
        raise_alert_if_possible("education.lesson_broken", subject=source.slug, lesson=source.slug, error=str(error))
        return None

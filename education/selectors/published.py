"""The one way to a lesson for all readers."""

from education.domain.lessons import Lesson, load_lesson, slugs


def lesson_of(slug: str, language: str) -> Lesson:
    """Return a lesson of `published_slugs()` in one of the languages of lessons."""
    return load_lesson(slug, language)


def published_slugs() -> tuple[str, ...]:
    """Return the slugs of all lessons in their order of reading."""
    return slugs()

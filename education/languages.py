"""The language in which a page shows lessons, to readers and to staff."""

from django.utils.translation import get_language

from education.domain.words import LANGUAGES


def language_now() -> str:
    """Return the language of the moment, or the first of the lessons' where they have none in it."""
    chosen = get_language()
    return chosen if chosen in LANGUAGES else LANGUAGES[0]

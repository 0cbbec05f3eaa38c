"""The languages of lessons, and what a text of the content may be: it has its own translations, beside the catalogs."""

from collections.abc import Mapping

LANGUAGES = ("zh-hans", "zh-hant", "en")

Words = Mapping[str, str]  # a text by language


class BrokenLesson(Exception):
    """The content of a lesson contradicts itself: our own mistake, named with the file."""

"""
What stands for something else in a text: `{{ figure:name }}`, `{{ own:name }}`, `{{ chart:name }}`, `{{ image:name }}`.

Figures and own figures are text and are put in before Markdown is read; a chart or an image is our own markup and
replaces its paragraph afterwards, when all that an editor wrote has been sanitized.
"""

import re
from collections.abc import Callable, Mapping

from education.domain.own import OwnFigures, OwnWords
from education.domain.words import BrokenLesson

_FIGURE = re.compile(r"\{\{\s*figure:(\w+)\s*\}\}")
_OWN = re.compile(r"\{\{\s*own:(\w+)\s*\}\}")
_CHART = re.compile(r"<p>\{\{\s*chart:([\w-]+)\s*\}\}</p>")
_IMAGE = re.compile(r"<p>\{\{\s*image:([\w-]+)\s*\}\}</p>")


def with_figures(text: str, figures: Mapping[str, str], *, where: str) -> str:
    """
    Put the computed figures in.

    :raises BrokenLesson: there is no such figure.
    """
    return _replaced(_FIGURE, text, figures.__getitem__, f"{where}: there is no figure")


def with_own(text: str, own: OwnFigures | None, language: str, *, where: str) -> str:
    """
    Put the reader's own figures in, or those of the example where they are not known.

    :raises BrokenLesson: there is no such figure.
    """
    words = OwnWords(own, language, names_own(text))
    return _replaced(_OWN, text, words.of, f"{where}: there is no own figure")


def with_charts(html: str, charts: Mapping[str, str], *, where: str) -> str:
    """
    Put the drawn charts in place of the paragraphs that name them.

    :raises BrokenLesson: there is no such chart.
    """
    return _replaced(_CHART, html, charts.__getitem__, f"{where}: there is no chart")


def with_images(html: str, images: Mapping[str, str], *, where: str) -> str:
    """
    Put the images in place of the paragraphs that name them.

    :raises BrokenLesson: there is no such image.
    """
    return _replaced(_IMAGE, html, images.__getitem__, f"{where}: there is no image")


def names_own(text: str) -> frozenset[str]:
    """Return the own figures that a text names."""
    return frozenset(_OWN.findall(text))


def _replaced(pattern: re.Pattern[str], text: str, say: Callable[[str], str], refusal: str) -> str:
    def found(match: re.Match[str]) -> str:
        try:
            return say(match.group(1))
        except KeyError:
            raise BrokenLesson(f"{refusal} {match.group(1)!r}") from None

    return pattern.sub(found, text)

"""
A lesson as it is written: the texts of its files, wherever they are kept.

The lessons that come with the program lie in folders of `education/content/`; those that editors write are rows. Both
are the same files by the same names (see `education/content/README.md`), so that one loader reads them, a diff shows
what changed, and a lesson can be carried from the one place to the other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from education.domain.words import LANGUAGES, BrokenLesson

CONTENT = Path(__file__).resolve().parents[1] / "content"
QUIZ, CHARTS, IMAGES = "quiz.yaml", "charts.yaml", "images.yaml"
TEXTS: Mapping[str, str] = {language: f"{language}.md" for language in LANGUAGES}
NAMES = (*TEXTS.values(), QUIZ, CHARTS, IMAGES)

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)


@dataclass(frozen=True, eq=False)
class LessonSource:
    """
    :param files: text by name; the three languages and the quiz are always there.
    :param where: named in what is wrong with it.
    """

    slug: str
    files: Mapping[str, str]
    where: str

    def head(self, language: str) -> dict[str, Any]:
        """:raises BrokenLesson: the file has no head that can be read."""
        return dict(self._texts[language][0])

    def body(self, language: str) -> str:
        """:raises BrokenLesson: see `head`."""
        return self._texts[language][1]

    @cached_property
    def questions(self) -> Sequence[Mapping[str, Any]]:
        """:raises BrokenLesson: the quiz cannot be read."""
        found = self._read(QUIZ)
        if not isinstance(found, dict) or not isinstance(found.get("questions"), list):
            raise BrokenLesson(f"{self.where}: {QUIZ} has no questions")
        return found["questions"]

    @cached_property
    def chart_words(self) -> Mapping[str, Any]:
        return self._read(CHARTS) or {}

    @cached_property
    def pictures(self) -> Mapping[str, Mapping[str, Any]]:
        """What is said of each image, by its code: `digest`, `width`, `height`, and `alt` by language."""
        return self._read(IMAGES) or {}

    @cached_property
    def _texts(self) -> Mapping[str, tuple[Mapping[str, Any], str]]:
        return {language: self._text(name) for language, name in TEXTS.items()}

    def _text(self, name: str) -> tuple[Mapping[str, Any], str]:
        matched = _FRONT_MATTER.match(self.files.get(name, ""))
        if matched is None:
            raise BrokenLesson(f"{self.where}: {name} has no front matter")
        head = _yaml(matched.group(1), f"{self.where}: {name}")
        if not isinstance(head, dict):
            raise BrokenLesson(f"{self.where}: {name} has no front matter")
        return head, matched.group(2)

    def _read(self, name: str) -> Any:
        return _yaml(self.files.get(name, ""), f"{self.where}: {name}")


def source_of_files(slug: str) -> LessonSource:
    """Read the folder of a lesson that comes with the program."""
    folder = CONTENT / slug
    found = {name: folder / name for name in NAMES}
    files = {name: path.read_text(encoding="utf-8") for name, path in found.items() if path.exists()}
    return LessonSource(slug, files, where=str(folder))


def written(value: Any) -> str:
    """Write what YAML reads again as the same value; long texts stay on one line."""
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=100_000)


def text_file(head: Mapping[str, Any], body: str) -> str:
    """Write a file of a language."""
    return f"---\n{written(dict(head))}---\n{body}"


def _yaml(text: str, where: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BrokenLesson(f"{where} cannot be read: {error}") from error

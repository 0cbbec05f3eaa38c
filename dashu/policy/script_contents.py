"""What has to be said to borrowers, script by script, as a policy pack writes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_VALUE = re.compile(r"\{[^{}]*\}")
LANGUAGES = frozenset({"zh-hans", "zh-hant", "en"})


@dataclass(frozen=True, slots=True)
class Required:
    """
    :param of: codes of the scripts that have to say it. :param name: what it is, by language.
    :param words: by language; a text holds at least one of them, outside braces.
    :param value: that a text names in braces, or "".
    """

    code: str
    of: frozenset[str]
    name: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]
    value: str

    def is_in(self, text: str, language: str) -> bool:
        said = _VALUE.sub(" ", text).casefold()
        has_words = not self.words or any(word in said for word in self.words[language])
        return has_words and (not self.value or f"{{{self.value}}}" in text)


def required_of(value: Any) -> tuple[Required, ...]:
    found = tuple(
        Required(
            code=str(each["code"]),
            of=frozenset(map(str, each["of"])),
            name={str(language): str(name) for language, name in each["name"].items()},
            words={
                str(language): tuple(str(word).casefold() for word in words)
                for language, words in each.get("words", {}).items()
            },
            value=str(each.get("value", "")),
        )
        for each in value
    )
    for each in found:
        if each.name.keys() != LANGUAGES or (each.words and each.words.keys() != LANGUAGES):
            raise ValueError(f"{each.code} is named and found in each of {', '.join(sorted(LANGUAGES))}")
        if not each.of or not (each.value or all(each.words.values())) or not (each.value or each.words):
            raise ValueError(f"{each.code} names scripts, and words or a value")
    return found

"""What is said to borrowers: approved texts in their language, and what has to be disclosed each time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from collections_mgmt.domain.notes import forbidden_in
from dashu.policy.case_desk import Step

FILE = Path(__file__).parents[1] / "scripts.yaml"
LANGUAGES = ("en", "zh-hans", "zh-hant")
VALUES = frozenset({"lender", "days", "amount", "complaint_phone"})


@dataclass(frozen=True, slots=True)
class Script:
    """
    :param steps: at which it is of use. :param is_disclosure: whether it has to be said at the end of every talk.
    :param title, texts: by language; a text names values in braces.
    """

    code: str
    version: int
    steps: frozenset[Step]
    approved_on: date
    is_disclosure: bool
    title: Mapping[str, str]
    texts: Mapping[str, str]

    def said(self, language: str, values: Mapping[str, str]) -> str:
        return self.texts[language].format_map(dict(values))


def read_scripts(raw: Any) -> tuple[Script, ...]:
    """
    Return the approved scripts, of each the newest version, in the order of the file.

    :raises ValueError: a text is missing in a language or names an unknown value, or nothing is disclosed.
    """
    newest: dict[str, Script] = {}
    for each in raw:
        if each["is_approved"] is True:
            script = _script(each)
            if script.code not in newest or newest[script.code].version < script.version:
                newest[script.code] = script
    if not any(script.is_disclosure for script in newest.values()):
        raise ValueError("expected an approved script with what has to be disclosed")
    return tuple(newest.values())


@cache
def scripts() -> tuple[Script, ...]:
    return read_scripts(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def scripts_for(step: Step, known: Sequence[Script]) -> list[Script]:
    """Return what is of use at a step; what has to be disclosed comes last."""
    return sorted((script for script in known if step in script.steps), key=lambda script: script.is_disclosure)


def words_refused(script: Script, words: Collection[str]) -> str | None:
    """Return the first word of a script that no contact may hold."""
    return next((found for text in script.texts.values() if (found := forbidden_in(text, words))), None)


def _script(each: Mapping[str, Any]) -> Script:
    script = Script(
        code=str(each["code"]),
        version=int(each["version"]),
        steps=frozenset(Step(step) for step in each["steps"]),
        approved_on=each["approved_on"],
        is_disclosure=each.get("is_disclosure", False) is True,
        title=dict(each["title"]),
        texts=dict(each["texts"]),
    )
    for texts in (script.title, script.texts):
        if set(texts) != set(LANGUAGES) or not all(texts.values()):
            raise ValueError(f"{script.code} needs a text in each of {', '.join(LANGUAGES)}")
    for text in script.texts.values():
        text.format_map(dict.fromkeys(VALUES, ""))
    return script

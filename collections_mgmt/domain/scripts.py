"""What is said to borrowers: approved texts in their language, and what has to be disclosed each time."""

import string
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from collections_mgmt.domain.notes import forbidden_in
from dashu.policy.case_desk import Step
from dashu.policy.script_contents import Required

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


def with_newer(known: Sequence[Script], newer: Sequence[Script]) -> tuple[Script, ...]:
    """Return the scripts in use, each in its newest version; a code that was not known comes after the others."""
    found = {script.code: script for script in known}
    for script in newer:
        if script.code not in found or found[script.code].version < script.version:
            found[script.code] = script
    return tuple(found.values())


def unknown_value(text: str) -> str | None:
    """Return the first thing in braces that is no value of scripts, as it was written; None where there is none."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return "{"
    for _words, name, form, conversion in parts:
        if name is not None and (name not in VALUES or form or conversion):
            return f"{{{name}}}"
    return None


def missing_in(script: Script, required: Sequence[Required]) -> tuple[str, Required] | None:
    """Return the language of the first text that does not say what it has to, and what that is."""
    for language, text in script.texts.items():
        for each in required:
            if script.code in each.of and not each.is_in(text, language):
                return language, each
    return None


def needed_by(code: str, required: Sequence[Required]) -> Required | None:
    """Return the first thing that has to be said and that this script says; None where it can be left out."""
    return next((each for each in required if code in each.of), None)


def step_without_disclosure(known: Sequence[Script]) -> Step | None:
    """Return a step at which something is said and not what has to be disclosed; None where there is none."""
    disclosed = {step for script in known if script.is_disclosure for step in script.steps}
    return next((step for step in Step for script in known if step in script.steps and step not in disclosed), None)


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

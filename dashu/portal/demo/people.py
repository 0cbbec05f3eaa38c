"""Invented borrowers: persons and small businesses, in the three languages that Dashu speaks."""

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Invented:
    number: str
    name: str
    language: str
    is_company: bool
    phone: str
    email: str


def invent(chance: random.Random, index: int, *, is_company: bool) -> Invented:
    """
    Return the borrower with this running number.

    Nobody real is reached: addresses end in a reserved domain, and no mainland mobile number begins with 120.
    """
    language = chance.choices(("zh-hans", "zh-hant", "en"), weights=(76, 15, 9))[0]
    name = _company(chance, language) if is_company else _person(chance, language)
    reachable_by = chance.random()
    return Invented(
        number=f"B{chance.randrange(10**6):06d}{index:05d}",
        name=name,
        language=language,
        is_company=is_company,
        phone=f"+86120{index:08d}" if reachable_by > 0.1 else "",
        email=f"borrower.{index:05d}@example.com" if reachable_by < 0.7 else "",
    )


def _person(chance: random.Random, language: str) -> str:
    names = _names()[language]
    surname, given = chance.choice(names["surnames"]), chance.choice(names["given"])
    return f"{given} {surname}" if language == "en" else surname + given


def _company(chance: random.Random, language: str) -> str:
    """Companies are registered under a Chinese name, whatever language their owner reads."""
    names = _names()["zh-hant" if language == "zh-hant" else "zh-hans"]
    return "".join(chance.choice(names[part]) for part in ("towns", "firms", "trades")) + "有限公司"


@cache
def _names() -> dict[str, dict[str, list[str]]]:
    document = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text(encoding="utf-8"))
    return {language: {part: text.split() for part, text in parts.items()} for language, parts in document.items()}

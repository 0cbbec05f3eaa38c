"""
To which bank a card number belongs, as far as its first digits say.

The table comes with the program, `card_issuers.yaml`, with its day and its sources. A prefix that is not in it says
nothing: the card may be right, and a person looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TABLE = Path(__file__).resolve().parents[1] / "card_issuers.yaml"
# Chosen where the bank is not in the table; its name is then typed.
OTHER = "OTHER"


class Belonging(StrEnum):
    """What the number of a card says of the bank that is named for it."""

    CONFIRMED = "confirmed"
    UNKNOWN = "unknown"
    ANOTHER_ISSUER = "another_issuer"
    NOT_CREDIT = "not_credit"
    WRONG_LENGTH = "wrong_length"


@dataclass(frozen=True, slots=True)
class Issuer:
    """:param names: by language, such as "zh-Hans". :param also: what else people call it."""

    code: str
    names: Mapping[str, str]
    also: tuple[str, ...]

    def name(self, language: str) -> str:
        return next((name for key, name in self.names.items() if key.lower() == language.lower()), self.names["en"])

    def is_called(self, typed: str) -> bool:
        return _plain(typed) in {_plain(name) for name in (*self.names.values(), *self.also)}


@dataclass(frozen=True, slots=True)
class Prefix:
    """:param length: digits of a whole number; None where it was not noted. :param is_credit: semi-credit included."""

    issuer: Issuer
    is_credit: bool
    length: int | None


@dataclass(frozen=True, slots=True)
class IssuerTable:
    """:param as_of: the day on which the sources were read."""

    as_of: date
    issuers: Mapping[str, Issuer]
    prefixes: Mapping[str, Prefix]

    def prefix_of(self, number: str) -> Prefix | None:
        """Return the longest prefix in the table that a card number begins with; None: it has none of them."""
        ends = range(len(number), 0, -1)
        return next((self.prefixes[number[:end]] for end in ends if number[:end] in self.prefixes), None)

    def called(self, typed: str) -> Issuer | None:
        """Return the bank that goes by this name in any language; None: it is not in the table."""
        return next((issuer for issuer in self.issuers.values() if issuer.is_called(typed)), None)

    def belonging(self, number: str, code: str) -> Belonging:
        """:param code: of the bank that is named; one that is not in the table stands for another bank."""
        prefix = self.prefix_of(number)
        if prefix is None:
            return Belonging.UNKNOWN
        if not prefix.is_credit:
            return Belonging.NOT_CREDIT
        if prefix.issuer.code != code:
            return Belonging.ANOTHER_ISSUER
        if prefix.length is not None and prefix.length != len(number):
            return Belonging.WRONG_LENGTH
        return Belonging.CONFIRMED


@cache
def issuer_table() -> IssuerTable:
    """Return the table that comes with the program, read once."""
    document: dict[str, Any] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    issuers: dict[str, Issuer] = {}
    prefixes: dict[str, Prefix] = {}
    for entry in document["issuers"]:
        issuer = Issuer(entry["code"], entry["names"], tuple(entry.get("also", ())))
        issuers[issuer.code] = issuer
        for length, found in entry["credit"].items():
            prefixes |= dict.fromkeys(found, Prefix(issuer, is_credit=True, length=length))
        prefixes |= dict.fromkeys(entry["debit"], Prefix(issuer, is_credit=False, length=None))
    return IssuerTable(document["as_of"], issuers, prefixes)


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()

"""How to complain, as a policy pack writes it: at the lender, and at who supervises it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LANGUAGES = ("zh-hans", "zh-hant", "en")


@dataclass(frozen=True, slots=True)
class ComplaintWords:
    """:param hours: when the phone is answered. :param regulator: who can be told where the answer does not help."""

    phone: str
    hours: str
    address: str
    regulator: str
    regulator_phone: str


@dataclass(frozen=True, slots=True)
class Complaints:
    """:param by_language: the words for each of the three languages of papers and pages."""

    by_language: Mapping[str, ComplaintWords]

    def told(self, language: str) -> ComplaintWords:
        """Return the words in a language such as "zh-hans"; in English where there are none in it."""
        return self.by_language.get(language) or self.by_language["en"]


def complaints_of(value: Any) -> Complaints:
    """Read how to complain; ValueError, TypeError or KeyError where the pack says something else."""
    words = {
        language: ComplaintWords(
            phone=_text(value["phone"]),
            hours=_text(value["hours"][language]),
            address=_text(value["address"][language]),
            regulator=_text(value["regulator"][language]),
            regulator_phone=_text(value["regulator_phone"]),
        )
        for language in LANGUAGES
    }
    return Complaints(words)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"expected a text, not {value!r}")
    return value

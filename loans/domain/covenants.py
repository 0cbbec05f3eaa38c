"""
What a business promises beside repaying, with the dates by which it does, such as sending its tax return each quarter.

As plain JSON a line is `{"code": "tax_return", "text": {"zh-Hans": …, "zh-Hant": …, "en": …}, "after_months": 3,
"every_months": 3}`; without `every_months` the promise is kept once.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dashu.kernel.dates import add_months
from dashu.kernel.errors import DomainError, _
from loans.domain.fees import LANGUAGES, Names

MOST_LINES = 10
_LONGEST = 200
_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)
_KEYS = {"code", "text", "after_months", "every_months"}


class InvalidCovenant(DomainError):
    """A promise does not say something that it must say, or says it wrongly; `field` is its place and key."""

    code = "invalid_covenant"


@dataclass(frozen=True, slots=True)
class CovenantLine:
    """
    :param text: by language code, as products have their names.
    :param after_months: from the day of the contract to the first date.
    :param every_months: between this date and the next; None: it is kept once.
    """

    code: str
    text: Names
    after_months: int
    every_months: int | None = None

    def dates(self, starts_on: date, last_due_on: date) -> list[date]:
        """Return the dates by which it is kept, up to the last due date of the loan."""
        months = range(self.after_months, 1200, self.every_months or 1200)
        found = []
        for each in months:
            on = add_months(starts_on, each)
            if on > last_due_on:
                break
            found.append(on)
        return found


@dataclass(frozen=True, slots=True)
class Promise:
    """One date of a promise."""

    line: CovenantLine
    due_on: date


def promises_of(lines: Sequence[CovenantLine], starts_on: date, last_due_on: date) -> list[Promise]:
    """Return every date of every promise of a loan, in the order of the dates."""
    found = [Promise(line, on) for line in lines for on in line.dates(starts_on, last_due_on)]
    return sorted(found, key=lambda promise: (promise.due_on, promise.line.code))


def parse_covenants(raw: object, *, path: str = "covenants") -> tuple[CovenantLine, ...]:
    """
    Read promises from plain JSON, each code once.

    :raises InvalidCovenant: a line is not well-formed.
    """
    if not isinstance(raw, list) or len(raw) > MOST_LINES:
        raise InvalidCovenant(
            _("Promises are a list of at most %(most)s."), field=path, params={"most": str(MOST_LINES)}
        )
    lines = [_line(each, f"{path}[{index}]") for index, each in enumerate(raw)]
    if len({line.code for line in lines}) < len(lines):
        raise InvalidCovenant(_("Each promise has one line."), field=path)
    return tuple(lines)


def _line(raw: object, path: str) -> CovenantLine:
    if not isinstance(raw, dict):
        raise InvalidCovenant(_("A promise is an object with names and values."), field=path)
    if unknown := sorted(set(raw) - _KEYS):
        raise InvalidCovenant(_("This term is not known."), field=f"{path}.{unknown[0]}")
    if missing := sorted(_KEYS - {"every_months"} - set(raw)):
        raise InvalidCovenant(_("This term is missing."), field=f"{path}.{missing[0]}")
    if not (isinstance(raw["code"], str) and _CODE.fullmatch(raw["code"])):
        raise InvalidCovenant(
            _("The code of a promise is 2 to 40 lower-case letters, digits and underscores."), field=f"{path}.code"
        )
    return CovenantLine(
        code=raw["code"],
        text=_text(raw["text"], f"{path}.text"),
        after_months=_months(raw["after_months"], f"{path}.after_months"),
        every_months=_months(raw["every_months"], f"{path}.every_months") if "every_months" in raw else None,
    )


def _text(raw: object, path: str) -> Mapping[str, str]:
    if not isinstance(raw, dict) or set(raw) != set(LANGUAGES):
        raise InvalidCovenant(_("Write it in each of zh-Hans, zh-Hant and en."), field=path)
    for language, text in raw.items():
        if not (isinstance(text, str) and text.strip() and len(text) <= _LONGEST and text.isprintable()):
            raise InvalidCovenant(
                _("Write 1 to %(most)s characters."), field=f"{path}.{language}", params={"most": str(_LONGEST)}
            )
    return {language: raw[language].strip() for language in LANGUAGES}


def _months(raw: object, path: str) -> int:
    if type(raw) is not int or not 1 <= raw <= 120:
        raise InvalidCovenant(_("Write a number of months from 1 to 120."), field=path)
    return raw

"""
The layout of a file: its records and their fields, as documented data (`layouts/*.yaml`).

A layout is either delimited (fields apart by a sign) or of fixed positions. It writes a record from values by the code
of their field, and says what is wrong with one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "layouts"
BLANK = {"N": "0", "D": "0"}


@dataclass(frozen=True, slots=True)
class Field:
    """
    :param kind: A letters and digits, T any text, N digits, M an amount with two decimals, D a date.
    :param length: the most signs; exactly so many where positions are fixed.
    :param start: the position of the first sign, from 1; 0 where the file is delimited.
    :param choices: the only values there may be. :param is_needed: it may not be empty.
    :param is_identity: it says who the person is, and is kept nowhere but in the sealed file.
    :param is_frame: it is of the file and not of the loan.
    :param names: by language. :param rule: what it holds, for who reads the documentation.
    """

    code: str
    kind: str
    length: int
    start: int = 0
    is_needed: bool = False
    choices: tuple[str, ...] = ()
    is_identity: bool = False
    is_frame: bool = False
    names: Mapping[str, str] | None = None
    rule: str = ""
    fill: str = ""

    def problem(self, value: str) -> str:
        """Return the code of what is wrong with a value; "" where nothing is."""
        if not value:
            return "missing" if self.is_needed else ""
        if len(value) > self.length:
            return "too_long"
        if self.choices and value not in self.choices:
            return "not_a_choice"
        if not _FORMS[self.kind](value):
            return "wrong_form"
        return ""


@dataclass(frozen=True, slots=True)
class Record:
    code: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """:param separator: between fields; "" where positions are fixed. :param length: of such a record."""

    name: str
    version: int
    encoding: str
    newline: str
    separator: str
    length: int
    date_format: str
    records: Mapping[str, Record]

    def line(self, record: str, values: Mapping[str, str]) -> str:
        fields = self.records[record].fields
        if self.separator:
            return self.separator.join(_plain(values.get(field.code, ""), self.separator) for field in fields)
        signs = [" "] * self.length
        for field in fields:
            signs[field.start - 1 : field.start - 1 + field.length] = _filled(field, values.get(field.code, ""))
        return "".join(signs)

    def read(self, record: str, line: str) -> dict[str, str]:
        """Return the values of a line by the code of their field; of a line cut short, the last ones are empty."""
        fields = self.records[record].fields
        if self.separator:
            parts = line.split(self.separator)
            return {field.code: value for field, value in zip(fields, [*parts, *[""] * len(fields)], strict=False)}
        return {field.code: line[field.start - 1 : field.start - 1 + field.length].strip() for field in fields}

    def problems(self, record: str, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield the code of each field that is wrong, with the code of what is."""
        for field in self.records[record].fields:
            if problem := field.problem(values.get(field.code, "")):
                yield field.code, problem

    def told(self, record: str) -> list[Field]:
        """Return the fields that say something of the loan: not who the person is, not the file's own."""
        return [field for field in self.records[record].fields if not (field.is_identity or field.is_frame)]

    def day(self, day: date | None) -> str:
        return day.strftime(self.date_format) if day else ""


@cache
def layout(name: str) -> Layout:
    """:raises FileNotFoundError: there is no such layout."""
    return layout_of(yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))


def layout_of(given: Mapping[str, Any]) -> Layout:
    """:raises ValueError: positions overlap, or leave the record."""
    made = Layout(
        name=str(given["name"]),
        version=int(given["version"]),
        encoding=str(given["encoding"]),
        newline={"crlf": "\r\n", "lf": "\n"}[given["newline"]],
        separator=str(given.get("separator", "")),
        length=int(given.get("length", 0)),
        date_format=str(given["date_format"]),
        records={
            code: Record(code, tuple(_field(each, positions=not given.get("separator")) for each in fields))
            for code, fields in given["records"].items()
        },
    )
    for record in made.records.values():
        _refuse_overlaps(made, record)
    return made


def _field(given: Mapping[str, Any], *, positions: bool) -> Field:
    return Field(
        code=str(given["code"]),
        kind=str(given["type"]),
        length=int(given["length"]),
        start=int(given["start"]) if positions else 0,
        is_needed=bool(given.get("needed", False)),
        choices=tuple(str(each) for each in given.get("choices", ())),
        is_identity=bool(given.get("identity", False)),
        is_frame=bool(given.get("frame", False)),
        names=given.get("names"),
        rule=str(given.get("rule", "")),
        fill=str(given.get("fill", "")),
    )


def _refuse_overlaps(made: Layout, record: Record) -> None:
    if made.separator:
        return
    end = 1
    for field in record.fields:
        if field.start < end or field.start + field.length - 1 > made.length:
            raise ValueError(f"{made.name}: {record.code}.{field.code} overlaps or leaves the record")
        end = field.start + field.length


def _filled(field: Field, value: str) -> str:
    fill = field.fill or BLANK.get(field.kind, " ")
    return value[: field.length].rjust(field.length, fill) if fill == "0" else value[: field.length].ljust(field.length)


def _plain(value: str, separator: str) -> str:
    """A separator or the end of a line within a text would shift everything behind it."""
    return " ".join(value.replace(separator, " ").split()) if separator in value or not value.isprintable() else value


def _is_amount(value: str) -> bool:
    whole, dot, part = value.removeprefix("-").partition(".")
    return whole.isdigit() and bool(dot) and len(part) == 2 and part.isdigit()


def _is_day(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) in (6, 8)


_FORMS = {
    "A": lambda value: value.isascii() and value.isprintable(),
    "T": str.isprintable,
    "N": lambda value: value.isascii() and value.isdigit(),
    "M": _is_amount,
    "D": _is_day,
}

"""
Mappings: a lender's columns described as data.

A mapping names for each field of ours where its value comes from. The ways are a closed set, so that a mapping can be
read and checked but can never run code: a column, a constant, a look-up table, a sum or a difference of columns, and
three facts derived from two columns (`day_before`, `within_month`, `same_amount`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from dashu.kernel.errors import _
from dashu.kernel.money import EXPONENTS, InvalidAmount, parse_minor
from dashu.tapes.errors import BadValue, UnknownMapping

FOLDER = Path(__file__).parent / "mappings"


@dataclass(frozen=True, slots=True)
class Source:
    """Where one field's value comes from and how it is read."""

    field: str
    columns: tuple[str, ...]
    read: Callable[[Mapping[str, str]], Any]


@dataclass(frozen=True, slots=True)
class MappingFile:
    """
    A lender's mapping.

    :param schedule: which of `dashu.tapes.schedules` makes the installments.
    :param product: code, kind, name and terms of the product that the tape's loans belong to.
    :param loans, months, rows, history: the fields of the loan file and, where there are such, of the month file, of
        the file with the loans' own schedules and of the file with what happened before.
    :param reconcile: which of `dashu.tapes.reconciling` compares the book with the tape.
    """

    name: str
    currency: str
    schedule: str
    reconcile: str
    product: Mapping[str, Any]
    loans: Mapping[str, Source]
    months: Mapping[str, Source]
    rows: Mapping[str, Source]
    history: Mapping[str, Source]

    def columns(self, part: str) -> set[str]:
        return {column for source in getattr(self, part).values() for column in source.columns}


def load_mapping(name: str) -> MappingFile:
    """
    Read `mappings/<name>.yaml`, or the file at that path.

    :raises UnknownMapping: it is not there or not well-formed.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        currency = document["currency"]
        EXPONENTS[currency]
        return MappingFile(
            name=document["name"],
            currency=currency,
            schedule=document["schedule"],
            reconcile=document.get("reconcile", "none"),
            product=document["product"],
            loans=_sources(document["loans"], currency),
            months=_sources(document.get("months", {}), currency),
            rows=_sources(document.get("rows", {}), currency),
            history=_sources(document.get("history", {}), currency),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise UnknownMapping(
            _("The mapping %(name)s cannot be used: %(reason)s."),
            field="mapping",
            params={"name": name, "reason": str(error) or type(error).__name__},
        ) from error


def values(sources: Mapping[str, Source], cells: Mapping[str, str]) -> dict[str, Any]:
    """
    Read every field of one row; an empty cell of an optional field is None.

    :raises BadValue: a cell cannot be read; `field` is its column.
    """
    return {field: source.read(cells) for field, source in sources.items()}


def _sources(document: Mapping[str, Any], currency: str) -> dict[str, Source]:
    return {field: _source(field, spec, currency) for field, spec in document.items()}


def _source(field: str, spec: Mapping[str, Any], currency: str) -> Source:
    reader = _readers(currency)[spec.get("as", "text")]
    is_optional = bool(spec.get("optional", False))
    if "constant" in spec:
        constant = reader(str(spec["constant"]), spec)
        return Source(field, (), lambda _cells: constant)
    if "column" in spec:
        column = spec["column"]
        return Source(field, (column,), lambda cells: _one(column, cells, reader, spec, is_optional))
    if "sum" in spec or "difference" in spec:
        columns = tuple(spec.get("sum") or spec["difference"])
        sign = 1 if "sum" in spec else -1
        return Source(field, columns, lambda cells: _combined(columns, cells, reader, spec, sign))
    return _derived(field, spec, currency)


def _derived(field: str, spec: Mapping[str, Any], currency: str) -> Source:
    """Three facts that servicers' reports hold only between two columns."""
    readers = _readers(currency)

    def day_before(cells: Mapping[str, str]) -> int | None:
        """Day of the month that lies a number of days before a date; None for no days."""
        days = _one(columns[1], cells, readers["whole"], spec, is_optional=True)
        end: date = _read(columns[0], cells[columns[0]], readers["date"], spec)
        return (end - timedelta(days=days)).day if days else None

    def within_month(cells: Mapping[str, str]) -> date:
        """A date if it lies in the month that ends on the second, else that end."""
        end: date = _read(columns[1], cells[columns[1]], readers["date"], spec)
        day: date | None = _one(columns[0], cells, readers["date"], spec, is_optional=True)
        return day if day and end.replace(day=1) <= day <= end else end

    def same_amount(cells: Mapping[str, str]) -> bool:
        """Whether two amounts are the same and not 0."""
        one, other = (_read(column, cells[column] or "0", readers["amount"], {"signed": True}) for column in columns)
        return one == other != 0

    ways: dict[str, Callable[[Mapping[str, str]], Any]] = {
        "day_before": day_before,
        "within_month": within_month,
        "same_amount": same_amount,
    }
    (way,) = set(spec) & set(ways)
    columns: tuple[str, ...] = tuple(spec[way])
    return Source(field, columns, ways[way])


def _one(
    column: str, cells: Mapping[str, str], reader: Callable[..., Any], spec: Mapping[str, Any], is_optional: bool
) -> Any:
    text = cells[column] or str(spec.get("empty", ""))
    if not text and is_optional:
        return None
    return _read(column, text, reader, spec)


def _combined(
    columns: tuple[str, ...], cells: Mapping[str, str], reader: Callable[..., Any], spec: Mapping[str, Any], sign: int
) -> Any:
    """The first column plus, or minus, the others; an empty cell counts as nothing."""
    first, *others = (_read(column, cells[column] or "0", reader, spec) for column in columns)
    return first + sign * sum(others)


def _read(column: str, text: str, reader: Callable[..., Any], spec: Mapping[str, Any]) -> Any:
    try:
        return reader(text, spec)
    except (ValueError, KeyError, InvalidOperation, InvalidAmount) as error:
        raise BadValue(
            _("%(given)s cannot be read as %(kind)s."),
            field=column,
            params={"given": repr(text)[:40], "kind": spec.get("as", "text")},
        ) from error


def _readers(currency: str) -> dict[str, Callable[[str, Mapping[str, Any]], Any]]:
    """
    Return how the kinds of cells are read.

    text; amount (0 or more, at most the currency's decimals; `signed: true` also below 0); whole (0 or more);
    signed_whole; fraction (0.18); percent (18); date (`format`, default ISO, cut at the day); month (`format`, default
    %m/%Y: its first day); lookup (`table`); flag (true/false).
    """
    return {
        "text": lambda text, spec: text,
        "amount": lambda text, spec: _amount(text, currency, is_signed=bool(spec.get("signed"))),
        "whole": lambda text, spec: _whole(text),
        "signed_whole": lambda text, spec: _whole(text, is_signed=True),
        "fraction": lambda text, spec: _fraction(text),
        "percent": lambda text, spec: _fraction(text) / 100,
        "date": lambda text, spec: _date(text, spec.get("format")),
        "month": lambda text, spec: datetime.strptime(text, spec.get("format", "%m/%Y")).date(),  # noqa: DTZ007
        "lookup": lambda text, spec: spec["table"][text],
        "flag": lambda text, spec: {"true": True, "false": False, "1": True, "0": False}[text.lower()],
    }


def _amount(text: str, currency: str, *, is_signed: bool) -> int:
    digits = text.removeprefix("-") if is_signed else text
    exponent = EXPONENTS[currency]
    whole, _point, decimals = digits.partition(".")
    if decimals.strip("0") == "" or len(decimals) > exponent:
        # "10000", "10000.0" and "10000.000" are one amount; "0.005" stays what it is and is refused below
        decimals = decimals.rstrip("0")
    minor = parse_minor(f"{whole}.{decimals}" if decimals else whole, currency, allow_zero=True)
    return -minor if text.startswith("-") and is_signed else minor


def _whole(text: str, *, is_signed: bool = False) -> int:
    value = Decimal(text)
    if value != int(value) or (value < 0 and not is_signed):
        raise ValueError(text)
    return int(value)


def _fraction(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or value < 0:
        raise ValueError(text)
    return value


def _date(text: str, form: str | None) -> date:
    return datetime.strptime(text, form).date() if form else date.fromisoformat(text[:10])  # noqa: DTZ007

"""
Mappings of data sets for training: which columns are facts, what is good, and what must never be an input.

A mapping is data and can run no code. Its facts are numbers or categories; a characteristic is one fact, or one
divided by others. Protected attributes are named so that the fairness report can group by them, and a mapping that
also feeds one of them to the score is refused. So is a column that by its name is one and was not declared.

What is scored is either an application, with a field to a column, or a history of months, whose columns become fields
by `loans.domain.behavior`, as they do when a running loan is scored.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from dashu.kernel.documents import Document
from dashu.kernel.errors import DomainError, InvalidInput, _
from loans.domain import behavior
from loans.domain.scorecards import LANGUAGES

FOLDER = Path(__file__).parent / "mappings"
NEVER_INPUTS = frozenset(
    [
        *("age", "birth", "birthday", "born", "sex", "gender", "marital", "marriage", "spouse", "religion"),
        *("region", "province", "city", "district", "zip", "postcode", "nationality", "foreign", "ethnicity"),
    ]
)


class UnknownMapping(DomainError):
    """A mapping is not there or is not well-formed."""

    code = "unknown_mapping"


class ProtectedInput(DomainError):
    """A mapping makes age, sex, marital status, region or what it names itself as protected an input."""

    code = "protected_input"


class Kind(StrEnum):
    NUMERIC = "numeric"
    CATEGORY = "category"


class Subject(StrEnum):
    """What one row of the file is."""

    APPLICATION = "application"
    HISTORY = "history"


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Field:
    """
    A fact of an applicant as the file has it.

    :param missing: cells that mean "not known", beside the empty one.
    """

    name: str
    column: str
    kind: Kind
    missing: frozenset[str]


@dataclass(frozen=True, slots=True)
class Input:
    """
    A candidate for a characteristic.

    :param fields: one field, or a number and what it is divided by.
    :param better: which way a number is better whatever the file says; None leaves it to the file.
    """

    name: str
    kind: Kind
    fields: tuple[str, ...]
    better: Better | None
    label: Mapping[str, str]
    help: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HistoryColumns:
    """
    The columns of a history of months, the newest month first; see `loans.domain.behavior.History`.

    :param behind: months behind; a cell below 0 is a month on time.
    """

    behind: tuple[str, ...]
    billed: tuple[str, ...]
    paid: tuple[str, ...]
    limit: str | None

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.behind, *self.billed, *self.paid, *([self.limit] if self.limit else []))


@dataclass(frozen=True, slots=True)
class Protected:
    """
    How applicants are grouped by an attribute in the fairness report.

    :param edges: of groups of a number; a number equal to an edge lies above it.
    :param groups: the group by cell; without edges and groups each cell is its own.
    """

    name: str
    column: str
    edges: tuple[Decimal, ...]
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TrainingMapping:
    """
    A data set, described.

    :param digest: SHA-256 of the mapping's file.
    :param good, bad: cells of the target column.
    :param cut_off: points from which on the fairness report counts an applicant as approved.
    :param card: texts of the model card that only people can know: purpose, data, not_inputs, limits.
    :param history: its columns where rows are histories of months.
    :param held_out_by: the column whose value says whether a row is held out, the same in every training; None draws
        rows with the share of bad loans of the file.
    """

    name: str
    digest: str
    scorecard: str
    target: str
    good: frozenset[str]
    bad: frozenset[str]
    cut_off: int
    fields: tuple[Field, ...]
    inputs: tuple[Input, ...]
    protected: tuple[Protected, ...]
    card: Mapping[str, str]
    history: HistoryColumns | None = None
    held_out_by: str | None = None

    @property
    def subject(self) -> Subject:
        return Subject.HISTORY if self.history else Subject.APPLICATION


def load_mapping(name: str) -> TrainingMapping:
    """
    Read `mappings/<name>.yaml`, or the file at that path.

    :raises UnknownMapping: it is not there or is no YAML.
    :raises ProtectedInput: a protected attribute is an input.
    :raises DomainError: a key is missing or not known; `field` is its path.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    try:
        raw = path.read_bytes()
        document = yaml.safe_load(raw)
    except (OSError, yaml.YAMLError) as error:
        raise UnknownMapping(
            _("The mapping %(name)s cannot be used: %(reason)s."),
            field="mapping",
            params={"name": name, "reason": str(error) or type(error).__name__},
        ) from error
    return read_mapping(document, digest=hashlib.sha256(raw).hexdigest())


def read_mapping(raw: object, *, digest: str) -> TrainingMapping:
    """Read a mapping from plain data; see `load_mapping` for what is refused."""
    document = Document(raw)
    target = document.child("target")
    card = document.child("card")
    history = _history(document.optional_child("history"))
    fields = () if history else tuple(_field(name, one) for name, one in _named(document, "fields"))
    kinds = dict.fromkeys(behavior.FIELDS, Kind.NUMERIC) if history else {field.name: field.kind for field in fields}
    mapping = TrainingMapping(
        name=document.text("name"),
        digest=digest,
        scorecard=document.text("scorecard"),
        target=target.text("column"),
        good=frozenset(_texts(target, "good")),
        bad=frozenset(_texts(target, "bad")),
        cut_off=document.whole("cut_off", high=10_000),
        fields=fields,
        inputs=tuple(_input(name, one, kinds) for name, one in _named(document, "inputs")),
        protected=tuple(_protected(name, one) for name, one in _named(document, "protected")),
        card={name: card.text(name, longest=4_000) for name in ("purpose", "data", "not_inputs", "limits")},
        history=history,
        held_out_by=document.text("held_out_by", None),
    )
    for part in (target, card, document):
        part.done()
    if mapping.good & mapping.bad or not mapping.inputs:
        raise InvalidInput(_("A mapping has inputs, and no value of its target is both good and bad."), field="target")
    _refuse_protected(mapping)
    return mapping


def _refuse_protected(mapping: TrainingMapping) -> None:
    protected = {each.column: each.name for each in mapping.protected}
    columns = {field.name: field.column for field in mapping.fields}
    months = {column: column for column in mapping.history.all} if mapping.history else {}
    for name, column in (*columns.items(), *months.items(), *((each.name, each.name) for each in mapping.inputs)):
        if column in protected or _words_of(name) & NEVER_INPUTS or _words_of(column) & NEVER_INPUTS:
            raise ProtectedInput(
                _("%(name)s is protected and can never be an input of a score. Take it out of the inputs."),
                field=f"fields.{name}" if name in columns else "history" if name in months else f"inputs.{name}",
                params={"name": column},
            )
    if mapping.target in (*columns.values(), *months):
        raise InvalidInput(_("The outcome cannot be an input."), field="target.column")


def _words_of(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def _field(name: str, document: Document) -> Field:
    kind = document.choice("kind", Kind, Kind.NUMERIC)
    field = Field(name, document.text("column", name), kind, frozenset(_texts(document, "missing", default=[])))
    document.done()
    return field


def _history(document: Document | None) -> HistoryColumns | None:
    if document is None:
        return None
    columns = HistoryColumns(
        behind=tuple(_texts(document, "behind")),
        billed=tuple(_texts(document, "billed", default=[])),
        paid=tuple(_texts(document, "paid", default=[])),
        limit=document.text("limit", None),
    )
    document.done()
    return columns


def _input(name: str, document: Document, kinds: Mapping[str, Kind]) -> Input:
    fields = tuple(_texts(document, "of", default=[name]))
    unknown = [field for field in fields if field not in kinds]
    if unknown or (len(fields) > 1 and any(kinds[field] is not Kind.NUMERIC for field in fields)):
        raise InvalidInput(
            _("An input is made of fields of this mapping, and a quotient of numbers."), field=document.field("of")
        )
    better = document.choice("better", Better, None)
    words = {part: _translations(document.child(part)) for part in ("label", "help")}
    document.done()
    return Input(name, kinds[fields[0]], fields, better, words["label"], words["help"])


def _protected(name: str, document: Document) -> Protected:
    groups = document.anything("groups") or {}
    if not isinstance(groups, dict) or not all(isinstance(part, str) for item in groups.items() for part in item):
        raise InvalidInput(_("An object with named values is expected here."), field=document.field("groups"))
    try:
        edges = tuple(Decimal(text) for text in _texts(document, "edges", default=[]))
    except InvalidOperation as error:
        raise InvalidInput(_("A number is expected here."), field=document.field("edges")) from error
    protected = Protected(name, document.text("column"), edges, groups)
    document.done()
    return protected


def _translations(document: Document) -> dict[str, str]:
    english = document.text("en", longest=300)
    others = {language: document.text(language, None, longest=300) for language in LANGUAGES if language != "en"}
    document.done()
    return {"en": english, **{language: text for language, text in others.items() if text is not None}}


def _named(document: Document, name: str) -> Iterator[tuple[str, Document]]:
    value: Any = document.anything(name)
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise InvalidInput(_("An object with named values is expected here."), field=document.field(name))
    return ((key, Document(part or {}, path=f"{document.field(name)}.{key}")) for key, part in value.items())


def _texts(document: Document, name: str, *, default: list[str] | None = None) -> list[str]:
    value: Any = document.anything(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, list) or not value or not all(isinstance(text, str) for text in value):
        raise InvalidInput(
            _("A list of 1 to %(most)s texts is expected here."), field=document.field(name), params={"most": 500}
        )
    return value

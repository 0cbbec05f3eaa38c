"""A training file as facts, outcomes and groups; every cell is read or refused with its line."""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pandas as pd

from dashu.kernel.errors import DomainError, _
from loans.domain.behavior import MOST_BEHIND, History, fields_of_history
from loans.domain.scorecards import Fact
from loans.scoring.mapping import Field, HistoryColumns, Kind, Protected, TrainingMapping

UNKNOWN_GROUP = "unknown"


class BadTrainingFile(DomainError):
    """A training file cannot be read, or lacks a column, or a cell is not what the mapping says."""

    code = "bad_training_file"


@dataclass(frozen=True)
class Sample:
    """
    Applicants, or histories of loans, whose outcome is known, in the order of the file.

    :param digest: SHA-256 of the file.
    :param facts: by field.
    :param good: True where the loan ended well.
    :param groups: of each protected attribute, the group of each applicant.
    :param histories: the months of each, where the rows are histories.
    :param names: the cells of the column that says who is held out.
    """

    digest: str
    facts: list[dict[str, Fact]]
    good: list[bool]
    groups: Mapping[str, list[str]]
    histories: list[History] | None = None
    names: list[str] | None = None


def read_sample(path: Path, mapping: TrainingMapping) -> Sample:
    """
    Read a CSV file, UTF-8 with a header.

    :raises BadTrainingFile: with the column as `field` and the line in the sentence.
    """
    try:
        raw = path.read_bytes()
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise BadTrainingFile(
            _("The file %(name)s cannot be read: %(reason)s."),
            field="data",
            params={"name": path.name, "reason": str(error)[:200]},
        ) from error
    wanted = [mapping.target, *(field.column for field in mapping.fields), *(each.column for each in mapping.protected)]
    wanted += [*(mapping.history.all if mapping.history else []), *filter(None, [mapping.held_out_by])]
    for column in wanted:
        if column not in table.columns:
            raise BadTrainingFile(_("The file has no column %(name)s."), field=column, params={"name": column})
    histories = _histories(table, mapping.history) if mapping.history else None
    sample = Sample(
        digest=hashlib.sha256(raw).hexdigest(),
        facts=[fields_of_history(each) for each in histories] if histories is not None else _facts(table, mapping),
        good=[_is_good(cell, mapping, line) for line, cell in _cells(table, mapping.target)],
        groups={
            each.name: [_group(cell, each, line) for line, cell in _cells(table, each.column)]
            for each in mapping.protected
        },
        histories=histories,
        names=[cell.strip() for _line, cell in _cells(table, mapping.held_out_by)] if mapping.held_out_by else None,
    )
    if min(sum(sample.good), len(sample.good) - sum(sample.good)) < 100:
        raise BadTrainingFile(
            _("Training needs at least 100 loans that ended well and 100 that did not."), field="data"
        )
    return sample


def _cells(table: pd.DataFrame, column: str) -> list[tuple[int, str]]:
    """Return each cell with the line it stands on, the header being line 1."""
    return list(enumerate(table[column].tolist(), start=2))


def _facts(table: pd.DataFrame, mapping: TrainingMapping) -> list[dict[str, Fact]]:
    columns = {
        field.name: [_fact(cell, field, line) for line, cell in _cells(table, field.column)] for field in mapping.fields
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _histories(table: pd.DataFrame, columns: HistoryColumns) -> list[History]:
    numbers = {
        column: [_number(cell.strip(), column, line) for line, cell in _cells(table, column)] for column in columns.all
    }
    return [
        History(
            behind=tuple(min(MOST_BEHIND, max(0, int(numbers[column][row]))) for column in columns.behind),
            billed=tuple(numbers[column][row] for column in columns.billed),
            paid=tuple(numbers[column][row] for column in columns.paid),
            limit=numbers[columns.limit][row] if columns.limit else None,
        )
        for row in range(len(table))
    ]


def _fact(cell: str, field: Field, line: int) -> Fact:
    text = cell.strip()
    if not text or text in field.missing:
        return None
    return text if field.kind is Kind.CATEGORY else _number(text, field.column, line)


def _number(text: str, column: str, line: int) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise _bad_cell(text, column, line)
    return number


def _is_good(cell: str, mapping: TrainingMapping, line: int) -> bool:
    text = cell.strip()
    if text not in mapping.good | mapping.bad:
        raise _bad_cell(text, mapping.target, line)
    return text in mapping.good


def _group(cell: str, protected: Protected, line: int) -> str:
    text = cell.strip()
    if not text:
        return UNKNOWN_GROUP
    if protected.edges:
        place = bisect_right(protected.edges, _number(text, protected.column, line))
        lower = f"{protected.edges[place - 1]}" if place else ""
        upper = f"{protected.edges[place]}" if place < len(protected.edges) else ""
        return f"{lower} to below {upper}" if lower and upper else f"from {lower}" if lower else f"below {upper}"
    if not protected.groups:
        return text
    if text not in protected.groups:
        raise _bad_cell(text, protected.column, line)
    return protected.groups[text]


def _bad_cell(text: str, column: str, line: int) -> BadTrainingFile:
    return BadTrainingFile(
        _("Line %(line)s, column %(column)s: %(given)s is not what the mapping says."),
        field=column,
        params={"line": line, "column": column, "given": repr(text)[:40]},
    )

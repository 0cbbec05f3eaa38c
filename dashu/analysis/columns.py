"""What a frame is: its columns, what each is in the database, in files and in pandas."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The kind of a column; the value is its dtype in pandas."""

    WHOLE = "int64"
    WHOLE_OR_NONE = "Int64"
    RATE = "decimal128(9, 6)[pyarrow]"
    DAY = "datetime64[s]"
    MOMENT = "datetime64[us]"
    WORD = "category"
    TEXT = "str"
    YES_NO = "bool"


@dataclass(frozen=True, slots=True)
class Column:
    """
    :param note: what it says, for docs/analysis.md.
    :param sql: how it is read in the `FROM` of its frame; "" for the column of the first table that is called so.
    """

    name: str
    kind: Kind
    note: str
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """
    :param source: what follows `FROM`; its first table is called `row`.
    :param order: the columns by which rows are written to files, so that the same rows give the same file.
    :param time: the column by which a part can be read; "" where there is none.
    """

    name: str
    note: str
    source: str
    columns: Sequence[Column]
    order: Sequence[str]
    time: str = ""

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def query(self) -> str:
        """The statement of its view."""
        shown = ",\n       ".join(f"{column.sql or f'row.{column.name}'} AS {column.name}" for column in self.columns)
        return f"SELECT {shown}\nFROM {self.source}"


def whole(name: str, note: str, sql: str = "") -> Column:
    return Column(name, Kind.WHOLE, note, sql)


def whole_or_none(name: str, note: str, sql: str = "") -> Column:
    return Column(name, Kind.WHOLE_OR_NONE, note, sql)


def rate(name: str, note: str, sql: str = "") -> Column:
    return Column(name, Kind.RATE, note, sql)


def day(name: str, note: str, sql: str = "") -> Column:
    return Column(name, Kind.DAY, note, sql)


def moment(name: str, note: str, sql: str = "") -> Column:
    return Column(name, Kind.MOMENT, note, sql)


def word(name: str, note: str, sql: str = "") -> Column:
    return Column(name, Kind.WORD, note, sql)


def text(name: str, note: str, sql: str = "") -> Column:
    return Column(name, Kind.TEXT, note, sql)


def yes_no(name: str, note: str, sql: str = "") -> Column:
    return Column(name, Kind.YES_NO, note, sql)

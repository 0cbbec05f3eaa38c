"""
A row with what belongs to it, by a statement that is compiled once.

Every call reads its token, and most calls a loan. Each time the query is the same but for its values, and the ORM takes
several times as long to build it as the database to answer it. Only the text of the statement is kept: each call asks
the database anew, so what was taken back a moment ago is gone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, connections
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class _Statement:
    """:ivar values: for each place in the statement the name of what is given there, or what always stands there."""

    sql: str
    values: list[tuple[str | None, Any]]
    read: Callable[[Any], Any]


class CompiledRow(Generic[Row]):
    """
    The first row of a query, with the columns of `select_related` and `annotate`, for values given each time.

    :param query: makes the query with the specimens in the places of the values that will be given.
    :param specimens: by name; each is unlike anything else in the query, and of the type of the value.
    """

    def __init__(self, query: Callable[[], QuerySet[Row]], **specimens: Any) -> None:
        self._query = query
        self._specimens = specimens

    def get(self, **given: Any) -> Row | None:
        """Return the row, or None."""
        statement = self._statement
        values = [given[name] if name else value for name, value in statement.values]
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, values)
            found = cursor.fetchone()
        return None if found is None else statement.read(found)

    @cached_property
    def _statement(self) -> _Statement:
        queryset = self._query().order_by()[:1]
        compiler = queryset.query.get_compiler(using=queryset.db)
        sql, params = compiler.as_sql()
        values = [(self._name_of(param), param) for param in params]
        assert {name for name, _param in values if name} == set(self._specimens)
        return _Statement(sql, values, _reader(compiler))

    def _name_of(self, param: Any) -> str | None:
        named = [
            name for name, specimen in self._specimens.items() if type(param) is type(specimen) and param == specimen
        ]
        return named[0] if named else None


def _reader(compiler: Any) -> Callable[[Any], Any]:
    """Return what makes of a row of the database what `QuerySet` makes of it."""
    select, info, annotations = compiler.select, compiler.klass_info, compiler.annotation_col_map or {}
    alias = compiler.using
    first, after = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in select[first:after]]
    related = get_related_populators(info, select, alias)  # type: ignore[call-arg]  # the stubs are of a later Django
    converters = [
        (place, function, expression)
        for place, (functions, expression) in compiler.get_converters([column[0] for column in select]).items()
        for function in functions
    ]

    def read(row: Any) -> Any:
        columns = list(row)
        for place, function, expression in converters:
            columns[place] = function(columns[place], expression, connections[alias])
        found = info["model"].from_db(alias, names, columns[first:after])
        for populator in related:
            populator.populate(columns, found)
        for name, place in annotations.items():
            setattr(found, name, columns[place])
        return found

    return read

"""
One row by a statement that is compiled once.

A query that belongs to every payment or every new loan is the same each time but for its values, and the ORM takes
longer to build it than the database to answer it.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


class OneRow(Generic[Row]):
    """
    The first row of a query, all its columns, for values given each time.

    :param query: makes the query with values of any kind in the places of those that will be given.
    """

    def __init__(self, query: Callable[[], QuerySet[Row]]) -> None:
        self._query = query

    def get(self, *values: Any) -> Row | None:
        """Return the row, or None; `values` are in the order in which the query's filters name them."""
        with connection.cursor() as cursor:
            cursor.execute(self._sql, values)
            found = cursor.fetchone()
        if found is None:
            return None
        columns = list(found)
        for place, read in self._readers:
            columns[place] = read(columns[place], None, connection)
        return self._model.from_db(connection.alias, self._names, columns)

    @cached_property
    def _sql(self) -> str:
        return str(self._query().query.sql_with_params()[0])

    @cached_property
    def _model(self) -> type[Row]:
        return self._query().model

    @cached_property
    def _names(self) -> list[str]:
        return [field.attname for field in self._model._meta.concrete_fields]

    @cached_property
    def _readers(self) -> list[tuple[int, Callable[..., Any]]]:
        """The places of columns that Django reads in a way of its own, such as JSON."""
        fields = enumerate(self._model._meta.concrete_fields)
        return [(place, field.from_db_value) for place, field in fields if hasattr(field, "from_db_value")]

"""
Whom a member of staff works with.

Most roles see everybody. Somebody who is given people one by one has no list to pick others from; an app above says
who is given to whom, because this one knows nothing of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet

Rows = TypeVar("Rows", bound="QuerySet[Any]")


@dataclass(frozen=True, slots=True)
class Reach:
    """:param given: borrowers who are given to somebody. :param elsewhere: those who wait or are given to others."""

    given: QuerySet[Any]
    elsewhere: QuerySet[Any]


_REACHES: list[Callable[[Any], Reach | None]] = []


def register_reach(reach: Callable[[Any], Reach | None]) -> None:
    """Say whom a person works with; `reach` returns None for somebody who sees everybody."""
    _REACHES[:] = [reach]


def of_people_given(rows: Rows, user: Any, *, borrower: str) -> Rows:
    """Leave out, for whoever is given people one by one, what is about anybody else. :param borrower: path to them."""
    reach = _reach_of(user)
    return rows if reach is None else rows.filter(**{f"{borrower}__in": reach.given})


def past_no_queue(rows: Rows, user: Any, *, borrower: str) -> Rows:
    """
    Leave out, for whoever is given people one by one, what is about those who wait or are given to others.

    For what somebody without a file may ask for too, such as a quote of a loan that is in time.
    """
    reach = _reach_of(user)
    return rows if reach is None else rows.exclude(**{f"{borrower}__in": reach.elsewhere})


def _reach_of(user: Any) -> Reach | None:
    return _REACHES[0](user) if _REACHES else None

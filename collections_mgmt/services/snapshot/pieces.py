"""In what pieces a past date is worked out anew, and up to when postings count in each: as its close had them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import CloseRange, CloseRun
from collections_mgmt.services.snapshot.months_sql import known_now
from dashu.kernel.errors import DomainError
from loans.models import Loan

LOANS = 10_000
_LOCK = 4_711_008


class DateStillClosing(DomainError):
    """The close of the date goes on; what it writes is not there to be compared with or written anew."""

    code = "date_still_closing"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Piece:
    """Loans from `first` up to `end` (excluded). :param known_at: what was posted then or later does not count."""

    first: int
    end: int
    known_at: datetime


def lock_part(on: date, first: int = -1) -> None:
    """
    Let nobody else write this part of a past date anew until this transaction ends.

    :param first: of a piece; left out for what is kept of the date as a whole.
    """
    assert connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashint8extended(%s, %s)::bit(32)::int)", [_LOCK, first, on.toordinal()]
        )


def pieces_of(on: date) -> list[Piece]:
    """
    Return the ranges that the close of a date went through, cut to what fits into memory.

    A loan that it left out is in none, until a later night closes it. A date that was never closed is told of all
    loans, as is known now.

    :raises DateStillClosing: its close is not done.
    """
    run = CloseRun.objects.filter(business_date=on).first()
    if run is None:
        known_at = known_now()
        return [Piece(first, end, known_at) for first, end in _cut(0, _end_of_book())]
    if run.status != CloseRun.Status.CLOSED:
        raise DateStillClosing(
            _("The close of %(date)s is not done yet. Let it end first."), field="date", params={"date": on}
        )
    closed = run.ranges.exclude(status=CloseRange.Status.QUARANTINED).order_by("first_loan_id")
    return [
        Piece(first, end, item.known_at or item.ended_at or known_now())
        for item in closed
        for first, end in _cut(item.first_loan_id, item.end_loan_id)
    ]


def known_at_end(on: date) -> datetime:
    """Return up to when what was told of a date as a whole counts: the end of its close, or now."""
    ended = CloseRun.objects.filter(business_date=on).values_list("ended_at", flat=True).first()
    return ended or known_now()


def _end_of_book() -> int:
    last = Loan.objects.order_by("-pk").values_list("pk", flat=True).first()
    return (last or 0) + 1


def _cut(first: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a range of ids into such that hold so many loans at most."""
    while first < end:
        inside = Loan.objects.filter(pk__gte=first, pk__lt=end).order_by("pk").values_list("pk", flat=True)
        following = inside[LOANS : LOANS + 1].first()
        yield first, following or end
        first = following or end

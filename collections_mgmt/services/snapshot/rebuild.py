"""
Write past months and days of the snapshot anew from the book's history, piece by piece.

Each piece is a transaction, so a rebuild that is stopped leaves whole pieces, and is gone through again from the month
at which it was. It says what its close said, because it counts what was posted by then and nothing later.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import chain

from django.db import connection, transaction
from django.db.models import Min

from collections_mgmt.models import PortfolioDay, PortfolioSlice
from collections_mgmt.services.book_portfolio import portfolio_of, slices_of
from collections_mgmt.services.moves_sql import note_moves
from collections_mgmt.services.portfolio_sql import RangeSums
from collections_mgmt.services.scales import scales_on
from collections_mgmt.services.snapshot.days import sum_past_range
from collections_mgmt.services.snapshot.facts_sql import Days
from collections_mgmt.services.snapshot.months_sql import write_loan_months
from collections_mgmt.services.snapshot.partitions import ensure_month
from collections_mgmt.services.snapshot.pieces import Piece, known_at_end, lock_part, pieces_of
from collections_mgmt.services.snapshot.whole_months import write_whole_month
from dashu.kernel.dates import add_months
from loans.models import Loan

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """:param rows: of loans in a month, or of sums of a day. :param pieces: that it was written in."""

    on: date
    rows: int
    pieces: int


def _silent(_done: int, _of: int) -> None:
    return None


def month_ends(first: date, last: date) -> Iterator[date]:
    """Yield the last days of the months from that of `first` to that of `last`."""
    month = first.replace(day=1)
    while month <= last:
        following = add_months(month, 1)
        yield following - timedelta(days=1)
        month = following


def first_month() -> date | None:
    """Return the month in which the oldest loan of the book began; None while there is no loan."""
    paid_out = Loan.objects.exclude(status__in=Loan.NOT_PAID_OUT)
    first: date | None = paid_out.aggregate(first=Min("starts_on"))["first"]
    return first.replace(day=1) if first else None


def rebuild_month(*, month_end: date, workers: int = 1, progress: Progress = _silent) -> Rebuilt:
    """
    Write `LoanMonth` and `PortfolioMonth` of the month that ends on a day anew.

    How late a loan ever was goes on from the month before, so months are rebuilt in their order.

    :param workers: how many pieces the database works on at once, each over a connection of its own; 1 is this one.
    :raises DateStillClosing: its close is not done.
    """
    ensure_month(month_end.replace(day=1))
    pieces, rows = pieces_of(month_end), 0
    for number, written in enumerate(_each(partial(write_piece, month_end), pieces, workers), start=1):
        rows += written
        progress(number, len(pieces))
    with transaction.atomic():
        lock_part(month_end)
        write_whole_month(month_end=month_end, known_at=known_at_end(month_end))
    return Rebuilt(month_end, rows, len(pieces))


def _each(work: Callable[[Piece], int], pieces: list[Piece], workers: int) -> Iterator[int]:
    if workers == 1:
        yield from map(work, pieces)
        return
    with ThreadPoolExecutor(workers) as pool:  # the database works, and Python waits
        yield from pool.map(partial(_apart, work), pieces)


def _apart(work: Callable[[Piece], int], piece: Piece) -> int:
    try:
        return work(piece)
    finally:
        connection.close()


@transaction.atomic
def write_piece(month_end: date, piece: Piece) -> int:
    """Write `LoanMonth` and the moves of the loans of a piece; return how many rows of the former."""
    lock_part(month_end, piece.first)
    scales, within = scales_on(month_end), {"first": piece.first, "end": piece.end}
    with connection.cursor() as cursor:
        rows = write_loan_months(cursor, month_end=month_end, known_at=piece.known_at, **within, scales=scales)
        note_moves(cursor, on=month_end, **within, buckets=scales.buckets)
    return rows


def rebuild_day(*, on: date, progress: Progress = _silent) -> Rebuilt:
    """
    Write `PortfolioSlice` of a day anew, and `PortfolioDay` where the day has none.

    The days that are there stay: the ledger holds what was posted from them.

    :raises DateStillClosing: its close is not done.
    """
    ensure_month(on.replace(day=1))
    days, slices = sums_of_day(on, progress)
    with transaction.atomic():
        lock_part(on)
        PortfolioSlice.objects.filter(business_date=on).delete()
        PortfolioSlice.objects.bulk_create(slices)
        if not PortfolioDay.objects.filter(business_date=on).exists():
            PortfolioDay.objects.bulk_create(days)
    return Rebuilt(on, len(slices), len(pieces_of(on)))


def sums_of_day(on: date, progress: Progress = _silent) -> tuple[list[PortfolioDay], list[PortfolioSlice]]:
    """Return the sums of a day from the book's history; nothing is written."""
    found, pieces = list[RangeSums](), pieces_of(on)
    for number, piece in enumerate(pieces, start=1):
        with transaction.atomic():
            days = Days(on - timedelta(days=1), on, piece.known_at)
            found.append(sum_past_range(days, first=piece.first, end=piece.end, scales=scales_on(on)))
        progress(number, len(pieces))
    portfolio = portfolio_of(on, chain.from_iterable(sums.states for sums in found))
    return portfolio, slices_of(on, portfolio, chain.from_iterable(sums.slices for sums in found))

"""
What the ledger must say of a loan on every day of its life.

Between two events a position changes only by the passing of days: interest and fees fall due, penalty grows, a loan
stops being accrued. `growth` lists those changes day by day; `daily_books` strings them together over a whole life, so
that any day's books are the sum of the changes up to it. A restated loan is booked right when its postings have the
same sum for every day.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from dashu.finance.loan import BOOKS, Book, Contract, Position, Status, accrue, arrears, books_of, grown_penalty
from dashu.finance.penalty import penalty_growth
from dashu.finance.replay import Step

Books = dict[Book, int]

_DAY = timedelta(days=1)


def daily_books(steps: Sequence[Step], through: date) -> dict[date, Books]:
    """
    Return what each day adds to the books, debits positive, for the days on which anything changes.

    :param steps: a life, event by event.
    :param through: last day whose penalty and due interest are counted; events after it count all the same.
    """
    changes: dict[date, Books] = {}
    before: Books = {}
    for place, step in enumerate(steps):
        following = steps[place + 1] if place + 1 < len(steps) else None
        if following and following.on == step.on:
            continue  # the day's last event says how the day ends
        position = accrue(step.position, step.contract, step.on - _DAY)
        after = books_of(position, step.contract)
        _note(changes, step.on, difference(before, after))
        end = min(through, following.on - _DAY) if following else through
        before = after
        first = max(step.on, position.accrued_through + _DAY)
        for on, change in growth(position, step.contract, first, end, books=after):
            _note(changes, on, change)
            before = _sum(before, change)
    return changes


def growth(
    position: Position, contract: Contract, first: date, last: date, *, books: Books | None = None
) -> Iterator[tuple[date, Books]]:
    """
    Yield what the passing of each day from `first` to `last` adds to the books, in order; days without changes not.

    :param first: the day after the last one that is in the figures.
    :param books: of the position, where they are known already.
    """
    if first > last or position.status is not Status.ACTIVE:
        return
    turning = _turning_days(position, contract, first, last)
    if books is None:
        books = books_of(position, contract)
    for start, stop in pairwise(sorted({first, last + _DAY, *turning})):
        if start in turning:
            position = accrue(position, contract, start)
            after = books_of(position, contract)
            if change := difference(books, after):
                yield start, change
            books = after
        else:  # a day like the one before it
            position, start = accrue(position, contract, start - _DAY), start - _DAY
        for on, change in _penalty_of_days(position, contract, start, stop - _DAY):
            yield on, change
            books = _sum(books, change)


def _turning_days(position: Position, contract: Contract, first: date, last: date) -> set[date]:
    """Return the days on which something other than the daily penalty begins, ends or falls due."""
    until_charged = timedelta(days=contract.penalty.grace_days) + _DAY
    found: set[date] = set()
    for row in position.installments:
        if row.unpaid and row.due_on <= last:
            found |= {row.due_on, row.due_on + until_charged}
    # Nothing is missed where nothing unpaid has fallen due.
    if contract.non_accrual_days is not None and found:
        oldest = arrears(position, contract, last + _DAY).oldest_due_on
        if oldest is not None:
            found.add(oldest + timedelta(days=contract.non_accrual_days + contract.counting.grace_days + 1))
    for pause in position.pauses:
        found |= {pause.start} if pause.end is None else {pause.start, pause.end + _DAY}
    return {day for day in found if first <= day <= last}


def _penalty_of_days(position: Position, contract: Contract, after: date, last: date) -> Iterator[tuple[date, Books]]:
    """Yield the penalty of the days after `after`, all of which add the same parts."""
    days = (last - after).days
    if days <= 0:
        return
    rule = contract.penalty
    a_day = penalty_growth(
        position.installments, after, after + _DAY, rule, pauses=position.pauses, running_rate=contract.running_rate
    )
    if not a_day[0]:
        return
    is_suspended = position.is_non_accrual(contract)
    claim = Book.SUSPENDED_INTEREST if is_suspended else Book.PENALTY_RECEIVABLE
    other = Book.SUSPENDED_CONTRA if is_suspended else Book.PENALTY_INCOME
    parts = (position.penalty_parts, position.penalty_uncapped_parts, position.penalty_room_parts)
    whole = rule.whole_minor(parts[0])
    for number in range(1, days + 1):
        parts = grown_penalty(parts, a_day, rule)
        if added := rule.whole_minor(parts[0]) - whole:
            whole += added
            yield after + timedelta(days=number), {claim: added, other: -added}


def difference(before: Books, after: Books) -> Books:
    """Return what has to be added to `before` to make it `after`, without zeros."""
    return {book: minor for book in BOOKS if (minor := after.get(book, 0) - before.get(book, 0))}


def _sum(one: Books, other: Books) -> Books:
    return one | {book: one.get(book, 0) + minor for book, minor in other.items()}


def _note(changes: dict[date, Books], on: date, change: Books) -> None:
    if not change:
        return
    noted = {book: minor for book, minor in _sum(changes.pop(on, {}), change).items() if minor}
    if noted:
        changes[on] = noted

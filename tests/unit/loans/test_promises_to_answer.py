"""The clock of a promise: in time, soon, and late only after the moment itself."""

from datetime import UTC, datetime, timedelta

import pytest

from dashu.kernel.urgency import Urgency
from loans.domain.promises_to_answer import Clock, clock_of

DUE = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "clock"),
    [
        (timedelta(hours=47, minutes=59), Clock(Urgency.IN_TIME, 47)),
        (timedelta(hours=8, seconds=1), Clock(Urgency.IN_TIME, 8)),
        (timedelta(hours=8), Clock(Urgency.SOON, 8)),
        (timedelta(minutes=1), Clock(Urgency.SOON, 0)),
        (timedelta(), Clock(Urgency.SOON, 0)),
        (-timedelta(seconds=1), Clock(Urgency.OVERDUE, 0)),
        (-timedelta(hours=30), Clock(Urgency.OVERDUE, 30)),
    ],
)
def test_says_how_a_promise_stands(before, clock):
    assert clock_of(DUE, DUE - before) == clock

from datetime import date

import pytest

from collections_mgmt.domain.clocks import Clock, clock_of
from dashu.kernel.urgency import Urgency


@pytest.mark.parametrize(
    ("today", "clock"),
    [
        (date(2026, 6, 1), Clock(Urgency.IN_TIME, 9)),
        (date(2026, 6, 6), Clock(Urgency.IN_TIME, 4)),
        (date(2026, 6, 7), Clock(Urgency.SOON, 3)),
        (date(2026, 6, 10), Clock(Urgency.SOON, 0)),
        (date(2026, 6, 11), Clock(Urgency.OVERDUE, 1)),
    ],
)
def test_the_last_day_is_still_in_time(today, clock):
    assert clock_of(date(2026, 6, 10), today, warn_days=3) == clock

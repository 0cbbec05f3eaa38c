"""When a weekly or monthly report is due next."""

from datetime import datetime

import pytest

from dashu.insight.domain.moments import next_moment
from dashu.kernel.dates import LENDER_ZONE


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LENDER_ZONE)


@pytest.mark.parametrize(
    ("every", "day", "after", "expected"),
    [
        ("WEEK", 1, "2026-03-02T08:59", "2026-03-02T09:00"),  # a Monday
        ("WEEK", 1, "2026-03-02T09:00", "2026-03-09T09:00"),
        ("WEEK", 7, "2026-03-02T09:00", "2026-03-08T09:00"),
        ("WEEK", 1, "2026-12-31T09:00", "2027-01-04T09:00"),
        ("MONTH", 2, "2026-03-01T10:00", "2026-03-02T09:00"),
        ("MONTH", 2, "2026-03-02T09:00", "2026-04-02T09:00"),
        ("MONTH", 31, "2026-02-01T10:00", "2026-02-28T09:00"),
        ("MONTH", 31, "2026-02-28T10:00", "2026-03-31T09:00"),
        ("MONTH", 1, "2026-12-31T23:59", "2027-01-01T09:00"),
    ],
)
def test_is_the_first_one_later(every, day, after, expected):
    assert next_moment(every, day, 9, after=at(after)) == at(expected)

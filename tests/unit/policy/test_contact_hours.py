from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from dashu.policy.contact_hours import ContactHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = ContactHours(time(8), time(22), SHANGHAI)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 5, 1, hour, minute, second, tzinfo=SHANGHAI)


class TestContactHours:
    @pytest.mark.parametrize(
        ("moment", "allowed"),
        [(at(7, 59, 59), False), (at(8), True), (at(21, 59, 59), True), (at(22), False), (at(0), False)],
    )
    def test_open_at_the_first_minute_and_close_before_the_last(self, moment, allowed):
        assert HOURS.allows(moment) is allowed

    def test_are_those_of_their_zone(self):
        assert HOURS.allows(datetime(2026, 5, 1, 13, 59, tzinfo=UTC)) is True
        assert HOURS.allows(datetime(2026, 5, 1, 14, 0, tzinfo=UTC)) is False

    def test_name_the_next_opening(self):
        assert HOURS.next_allowed(at(3)) == at(8)
        assert HOURS.next_allowed(at(12)) == at(12)
        assert HOURS.next_allowed(at(22, 30)) == datetime(2026, 5, 2, 8, tzinfo=SHANGHAI)

    def test_refuse_to_close_before_they_open(self):
        with pytest.raises(ValueError, match="open before"):
            ContactHours(time(22), time(8), SHANGHAI)

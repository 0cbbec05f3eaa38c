from datetime import date
from decimal import Decimal

import pytest

from dashu.policy.answering import (
    AnswerClock,
    OwnPromise,
    adverse_of,
    clock_of,
    help_lines_of,
    named_codes_of,
    own_promise_of,
)

NAMES = {"zh-hans": "甲", "zh-hant": "甲", "en": "A"}


class TestAnswerClock:
    def test_counts_business_days_over_a_weekend(self):
        clock = AnswerClock(days=5, is_business=True, warn_days=1)

        assert clock.due_on(date(2026, 6, 11)) == date(2026, 6, 18)  # a Thursday, and the Thursday after

    def test_counts_business_days_over_the_holiday_of_spring(self):
        clock = AnswerClock(days=1, is_business=True, warn_days=0)

        assert clock.due_on(date(2027, 2, 5)) > date(2027, 2, 6)

    def test_counts_calendar_days_otherwise(self):
        assert AnswerClock(days=20, is_business=False, warn_days=5).due_on(date(2026, 6, 11)) == date(2026, 7, 1)


class TestReading:
    def test_reads_a_clock(self):
        assert clock_of({"days": 15, "business": False, "warn_days": 3}) == AnswerClock(15, False, 3)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"days": 0, "business": True, "warn_days": 0},
            {"days": 61, "business": True, "warn_days": 0},
            {"days": 3, "business": True, "warn_days": 4},
        ],
    )
    def test_refuses_a_clock_that_cannot_be(self, wrong):
        with pytest.raises(ValueError, match="answer"):
            clock_of(wrong)

    def test_refuses_a_clock_that_does_not_say_which_days(self):
        with pytest.raises(TypeError, match="true or false"):
            clock_of({"days": 3, "business": "yes", "warn_days": 1})

    def test_reads_what_can_be_promised(self):
        assert own_promise_of({"longest_days": 14, "least_share": "0.1"}) == OwnPromise(14, Decimal("0.1"))
        with pytest.raises(ValueError, match="longest_days"):
            own_promise_of({"longest_days": 0, "least_share": "0.1"})

    def test_refuses_a_notice_longer_than_a_month(self):
        with pytest.raises(ValueError, match="notice_days"):
            adverse_of({"marks": ["BAD_DEBT"], "notice_days": 29, "kept_years": 5})

    def test_refuses_a_number_that_nobody_can_dial(self):
        with pytest.raises(ValueError, match="digits"):
            help_lines_of({"mental_health": "12 356", "emergency": "120", "police": "110", "fraud": "96110"})

    def test_refuses_a_cause_that_is_not_named_in_every_language(self):
        assert named_codes_of({"SLOW": NAMES}) == {"SLOW": NAMES}
        with pytest.raises(ValueError, match="SLOW"):
            named_codes_of({"SLOW": {"en": "Slow"}})

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repayments.domain.autopay import collection_day, next_try

DUE = date(2026, 3, 15)
LONG_AGO = date(2026, 1, 1)
DATES = st.dates(date(2025, 1, 1), date(2028, 12, 31))
CHOICES = st.one_of(
    st.just(("DUE_DATE", None)),
    st.tuples(st.just("DAYS_BEFORE"), st.integers(1, 15)),
    st.tuples(st.just("MONTH_DAY"), st.integers(1, 28)),
)


class TestCollectionDay:
    @pytest.mark.parametrize(
        ("timing", "number", "day"),
        [
            ("DUE_DATE", None, DUE),
            ("DAYS_BEFORE", 1, date(2026, 3, 14)),
            ("DAYS_BEFORE", 15, date(2026, 2, 28)),
            ("MONTH_DAY", 15, DUE),
            ("MONTH_DAY", 10, date(2026, 3, 10)),
            ("MONTH_DAY", 16, date(2026, 2, 16)),
            ("MONTH_DAY", 28, date(2026, 2, 28)),
        ],
    )
    def test_lies_on_or_before_the_due_date(self, timing, number, day):
        assert collection_day(timing, number, DUE, chosen_on=LONG_AGO, notice_days=2) == day

    def test_of_january_may_lie_in_the_year_before(self):
        day = collection_day("MONTH_DAY", 20, date(2026, 1, 5), chosen_on=date(2025, 11, 1), notice_days=2)

        assert day == date(2025, 12, 20)

    @pytest.mark.parametrize(("chosen_on", "day"), [(date(2026, 3, 8), date(2026, 3, 10)), (date(2026, 3, 9), DUE)])
    def test_that_is_too_near_to_be_announced_gives_way_to_the_due_date(self, chosen_on, day):
        assert collection_day("MONTH_DAY", 10, DUE, chosen_on=chosen_on, notice_days=2) == day

    @given(choice=CHOICES, due_on=DATES, chosen_on=DATES)
    def test_is_never_after_the_due_date_nor_more_than_a_month_before(self, choice, due_on, chosen_on):
        day = collection_day(*choice, due_on, chosen_on=chosen_on, notice_days=2)

        assert due_on - timedelta(days=31) <= day <= due_on


FINAL = frozenset({"ACCOUNT_CLOSED"})


class TestRetryPlan:
    @pytest.mark.parametrize(
        ("tries", "failure", "next_on"),
        [
            (1, "INSUFFICIENT_FUNDS", date(2026, 3, 16)),
            (2, "INSUFFICIENT_FUNDS", date(2026, 3, 18)),
            (3, "INSUFFICIENT_FUNDS", date(2026, 3, 20)),
            (4, "INSUFFICIENT_FUNDS", None),
            (1, "LIMIT_EXCEEDED", date(2026, 3, 16)),
            (1, "", date(2026, 3, 16)),
            (1, "ACCOUNT_CLOSED", None),
            (3, "ACCOUNT_CLOSED", None),
        ],
    )
    def test_counts_from_the_first_failure_and_stops_at_what_cannot_heal(self, tries, failure, next_on):
        today = {1: DUE, 2: date(2026, 3, 16), 3: date(2026, 3, 18), 4: date(2026, 3, 20)}[tries]

        found = next_try(
            (1, 3, 5), tries=tries, first_failed_on=DUE, failure=failure, final_failures=FINAL, today=today
        )

        assert found == next_on

    def test_never_tries_on_the_day_of_a_failure_that_was_told_late(self):
        late = date(2026, 3, 25)

        found = next_try((1, 3, 5), tries=1, first_failed_on=DUE, failure="", final_failures=FINAL, today=late)

        assert found == date(2026, 3, 26)

    def test_without_further_days_tries_once_only(self):
        assert next_try((), tries=1, first_failed_on=DUE, failure="", final_failures=FINAL, today=DUE) is None

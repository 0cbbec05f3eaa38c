"""What must agree across the fields of a month, and with what the bureau has of the month before."""

from dataclasses import replace
from datetime import date

import pytest

from dashu.credit_reporting.domain.checks import Accepted, problems_across
from tests.unit.credit_reporting.test_metro2 import CODING, FACTS, GRID, late

CODING = replace(CODING, marks={**CODING.marks, "UNKNOWN": "D"})


def found(facts=FACTS, grid=GRID, accepted=None):
    return list(problems_across(facts, grid, CODING, accepted))


class TestWithinAMonth:
    def test_what_is_sound_has_no_problem(self):
        assert found() == []

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"balance": 10_145_89}, ("balance", "does_not_roll_forward")),
            ({"balance": -1, "before": 933_95}, ("balance", "negative")),
            ({"latest_paid_on": date(2026, 4, 1)}, ("last_paid_on", "after_the_month")),
            ({"opened_on": date(2026, 4, 1)}, ("opened_on", "after_the_month")),
            ({"days_past_due": 31}, ("code", "differs_from_the_days")),
            ({"overdue": 1, "overdue_by_age": {31: 2}}, ("overdue", "less_than_its_ages")),
            ({"overdue": 1, "periods_behind": 1}, ("overdue", "without_days")),
        ],
    )
    def test_what_does_not_agree_is_named(self, changes, problem):
        assert found(replace(FACTS, **changes)) == [problem]

    def test_a_late_sign_without_days_is_named(self):
        assert found(replace(FACTS, noted={FACTS.month: "1"}), GRID[:-1] + "1") == [("code", "late_without_days")]

    def test_a_grid_that_ends_otherwise_is_named(self):
        assert found(grid=GRID[:-1] + "1") == [("grid", "does_not_end_with_the_code")]


class TestAgainstTheMonthBefore:
    def test_the_grid_goes_on_from_what_was_accepted(self):
        assert found(accepted=Accepted(FACTS.before, "B" + GRID[:-1])) == []

    def test_another_balance_and_another_sign_are_named(self):
        assert found(accepted=Accepted(FACTS.before + 1, "B" * 59 + "1")) == [
            ("before", "differs_from_what_was_accepted"),
            ("grid", "differs_from_what_was_accepted"),
        ]

    def test_a_month_that_was_unknown_may_be_told_by_now(self):
        assert found(accepted=Accepted(FACTS.before, "B" * 59 + "D")) == []

    def test_a_month_that_lapsed_is_unknown_again(self):
        grid = "B" * 58 + "D0"
        assert found(grid=grid, accepted=Accepted(FACTS.before, "B" * 59 + "1")) == []

    def test_nothing_is_held_against_what_is_being_corrected(self):
        assert found(accepted=Accepted(0, "3" * 60, is_changing=True)) == []


def test_the_days_of_the_sign_may_agree():
    assert found(late("1", 31), GRID[:-1] + "1") == []

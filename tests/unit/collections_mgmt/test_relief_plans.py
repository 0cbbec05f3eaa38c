"""A plan by its clocks, at their edges."""

from datetime import date, timedelta

import pytest

from collections_mgmt.domain.relief_plans import (
    Floor,
    Night,
    Observation,
    Standing,
    State,
    after,
    at_worst,
    observation,
    observed_after,
    worst,
)
from dashu.finance.arrears import Band, Scale
from dashu.policy.relief import PlanClocks

CLOCKS = PlanClocks(
    broken_after_days=10, cure_days=30, observation_months=12, observation_payments=2, probation_months=24
)
DAY = timedelta(days=1)
ON = date(2026, 6, 1)
TIERS = Scale((Band(0, "NORMAL"), Band(1, "SPECIAL_MENTION"), Band(91, "SUBSTANDARD")))
RUNNING = Standing(State.ACTIVE, withdraw_until=date(2026, 3, 8))
BROKEN = Standing(State.BROKEN, date(2026, 3, 8), cure_until=ON)


class TestANight:
    @pytest.mark.parametrize(("days", "state"), [(0, "ACTIVE"), (10, "ACTIVE"), (11, "BROKEN")])
    def test_breaks_a_plan_from_the_day_after_the_tenth(self, days, state):
        assert after(RUNNING, Night(ON, days), CLOCKS).state == state

    def test_gives_a_broken_plan_days_to_be_cured(self):
        assert after(RUNNING, Night(ON, 11), CLOCKS).cure_until == ON + 30 * DAY

    @pytest.mark.parametrize(
        ("on", "days", "state"),
        [
            (ON - DAY, 40, "BROKEN"),
            (ON - DAY, 1, "BROKEN"),
            (ON, 1, "ENDED"),
            (ON, 0, "CURED"),
            (ON, 11, "ENDED"),
            (ON + DAY, 0, "CURED"),
        ],
    )
    def test_cures_or_ends_a_broken_plan(self, on, days, state):
        assert after(BROKEN, Night(on, days), CLOCKS).state == state

    def test_breaks_a_cured_plan_again(self):
        cured = Standing(State.CURED, date(2026, 3, 8), cure_until=ON - DAY)

        assert after(cured, Night(ON, 11), CLOCKS) == Standing(State.BROKEN, date(2026, 3, 8), ON + 30 * DAY)

    @pytest.mark.parametrize(
        ("on", "is_paid", "state"),
        [(ON - DAY, False, "ACCEPTED"), (ON - DAY, True, "ACTIVE"), (ON, False, "ACTIVE")],
    )
    def test_makes_an_accepted_plan_run_with_a_payment_or_the_end_of_its_days(self, on, is_paid, state):
        accepted = Standing(State.ACCEPTED, withdraw_until=ON)

        assert after(accepted, Night(on, 0, is_paid=is_paid), CLOCKS).state == state

    @pytest.mark.parametrize("standing", [RUNNING, BROKEN])
    def test_completes_a_plan_with_its_loan(self, standing):
        assert after(standing, Night(ON, 0, is_settled=True, is_over=True), CLOCKS).state == State.COMPLETED

    def test_ends_the_plan_of_a_loan_that_ended_unpaid(self):
        assert after(RUNNING, Night(ON, 0, is_over=True), CLOCKS).state == State.ENDED


class TestObservation:
    def test_lasts_a_year_and_then_come_two_years_of_probation(self):
        due = [date(2026, month, 15) for month in range(3, 13)]

        assert observation(due[0], due, CLOCKS) == Observation(date(2026, 3, 15), date(2027, 3, 15), date(2029, 3, 15))

    def test_lasts_two_payments_where_they_are_further_apart_than_the_year(self):
        due = [date(2026, 3, 15), date(2027, 9, 15)]

        assert observation(due[0], due, CLOCKS).until == date(2027, 9, 15)

    def test_begins_anew_on_the_day_after_a_due_date_that_was_missed(self):
        due = [date(2026, month, 15) for month in range(3, 13)]
        seen = observation(due[0], due, CLOCKS)

        again = observed_after(seen, oldest_due_on=date(2026, 8, 15), due_days=due, clocks=CLOCKS)

        assert (again.since, again.until) == (date(2026, 8, 16), date(2027, 8, 16))
        assert observed_after(again, oldest_due_on=date(2026, 8, 15), due_days=due, clocks=CLOCKS) == again
        assert observed_after(seen, oldest_due_on=None, due_days=due, clocks=CLOCKS) == seen


class TestFloors:
    def test_hold_from_their_first_day_up_to_the_one_on_which_they_end(self):
        floor = Floor(ON, ON + 3 * DAY, "SPECIAL_MENTION", "2")

        assert [floor.holds_on(ON + n * DAY) for n in (-1, 0, 2, 3)] == [False, True, True, False]

    @pytest.mark.parametrize(
        ("days", "floor", "tier"),
        [
            (0, "", "NORMAL"),
            (0, "SPECIAL_MENTION", "SPECIAL_MENTION"),
            (91, "SPECIAL_MENTION", "SUBSTANDARD"),
            (5, "SUBSTANDARD", "SUBSTANDARD"),
        ],
    )
    def test_make_a_class_worse_and_never_better(self, days, floor, tier):
        assert at_worst(TIERS, days, [floor]) == tier

    def test_that_a_scale_does_not_know_hold_at_nothing(self):
        assert worst(TIERS, ["", "DOUBTFUL"]) == "NORMAL"

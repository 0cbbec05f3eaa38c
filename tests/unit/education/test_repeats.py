from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from education.domain.repeats import Place, Standing, next_place, standings

WAITS = (3, 10, 30)
DAY = date(2026, 3, 1)


def after(place, *, is_right, on):
    return next_place(place, is_right=is_right, on=on, waits=WAITS)


class TestNextPlace:
    def test_a_right_answer_waits_3_then_10_then_30_days_and_then_rests(self):
        first = after(None, is_right=True, on=DAY)
        second = after(first, is_right=True, on=first.due_on)
        third = after(second, is_right=True, on=second.due_on)
        fourth = after(third, is_right=True, on=third.due_on)

        assert [first, second, third, fourth] == [
            Place(1, DAY + timedelta(days=3)),
            Place(2, DAY + timedelta(days=13)),
            Place(3, DAY + timedelta(days=43)),
            Place(4, None),
        ]

    def test_a_wrong_answer_comes_the_next_day_wherever_it_stood(self):
        assert after(None, is_right=False, on=DAY) == Place(0, DAY + timedelta(days=1))
        assert after(Place(3, DAY), is_right=False, on=DAY) == Place(0, DAY + timedelta(days=1))
        assert after(Place(4, None), is_right=False, on=DAY) == Place(0, DAY + timedelta(days=1))

    @pytest.mark.parametrize("place", [Place(1, DAY + timedelta(days=1)), Place(4, None), Place(0, date(2026, 3, 2))])
    def test_a_right_answer_before_its_time_changes_nothing(self, place):
        assert after(place, is_right=True, on=DAY) == place

    def test_what_is_due_waits_and_loses_nothing(self):
        late = DAY + timedelta(days=200)

        assert after(Place(1, DAY), is_right=True, on=late) == Place(2, late + timedelta(days=10))

    @given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=30))
    def test_the_stage_rises_by_one_at_most_and_only_when_it_was_due(self, answers):
        place, on = None, DAY
        for days, is_right in answers:
            on += timedelta(days=days)
            before = place
            place = after(place, is_right=is_right, on=on)
            risen = place.stage - (before.stage if before else 0)
            assert risen <= (1 if before is None or before.is_due(on) else 0)
            assert (place.due_on is None) == (place.stage > len(WAITS))


class TestStandings:
    QUESTIONS = {"cost": ("a", "b"), "rights": ("c",), "speak": ("d",)}

    def test_a_skill_is_mastered_when_each_question_was_right_again_after_days(self):
        found = standings(self.QUESTIONS, {"a": 2, "b": 2, "c": 1, "x": 4}, mastered_after=1)

        assert found == {"cost": Standing.MASTERED, "rights": Standing.LEARNING, "speak": Standing.OPEN}

    def test_one_question_that_was_wrong_is_enough_to_go_on_learning(self):
        assert standings(self.QUESTIONS, {"a": 4, "b": 0}, mastered_after=1)["cost"] is Standing.LEARNING

    def test_without_a_wait_the_first_right_answers_are_enough(self):
        assert standings(self.QUESTIONS, {"c": 1}, mastered_after=0)["rights"] is Standing.MASTERED

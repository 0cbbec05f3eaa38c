"""The days of holds and of other pauses, as the turns that let the count stand still on all of them."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collections_mgmt.domain.holding import Turn, turns_of_holds

START = date(2026, 3, 1)
days = st.integers(0, 12).map(lambda number: START + timedelta(days=number))
holds = st.lists(st.tuples(days, st.none() | days), max_size=4)
pauses = st.lists(days, max_size=4, unique=True).map(sorted)
TURNS = (Turn.PAUSE, Turn.RESUME)


@given(holds, pauses)
def test_the_count_stands_still_on_every_day_of_a_hold_or_a_pause_and_on_no_other(holds, own_days):
    own = [(TURNS[number % 2], day) for number, day in enumerate(own_days)]
    turns = turns_of_holds(holds, own, through=START + timedelta(days=20))

    stands_still = is_own = False
    for day in (START + timedelta(days=number) for number in range(15)):
        for turn, on in own:
            if on == day:
                stands_still = is_own = turn is Turn.PAUSE
        for turn, on in turns:
            if on == day:
                assert stands_still is (turn is Turn.RESUME)
                stands_still = not stands_still
        is_held = any(start <= day and (end is None or day <= end) for start, end in holds)
        assert stands_still is (is_held or is_own)


def test_no_turn_is_later_than_the_last_day():
    assert turns_of_holds([(START, START)], [], through=START) == [(Turn.PAUSE, START)]

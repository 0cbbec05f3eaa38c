"""Whether several agreed payments are sound as a plan, and whether they are kept."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from collections_mgmt.domain.agreeing import Due, State, is_in_order, state_on

FIRST = date(2026, 3, 10)
SECOND = date(2026, 4, 10)
PLAN = [Due(FIRST, 400_00), Due(SECOND, 600_00)]
DAY = timedelta(days=1)


def state(paid, on, share="1", days=2):
    return state_on(PLAN, paid, on=on, days=days, share=Decimal(share))


class TestInOrder:
    def test_takes_rising_days_and_amounts_above_0(self):
        assert is_in_order(PLAN)

    @pytest.mark.parametrize(
        "parts",
        [[], [Due(FIRST, 0)], [Due(FIRST, 1), Due(FIRST, 1)], [Due(SECOND, 1), Due(FIRST, 1)], [Due(FIRST, -1)]],
    )
    def test_refuses_anything_else(self, parts):
        assert not is_in_order(parts)


class TestStateOn:
    def test_runs_until_the_grace_of_a_part_ends(self):
        assert state([], FIRST + DAY) is State.RUNNING
        assert state([], FIRST + 2 * DAY) is State.BROKEN

    def test_money_on_the_last_day_of_grace_is_in_time(self):
        assert state([(FIRST + 2 * DAY, 400_00)], FIRST + 2 * DAY) is State.RUNNING

    def test_money_a_day_later_is_not(self):
        assert state([(FIRST + 3 * DAY, 400_00)], FIRST + 3 * DAY) is State.BROKEN

    def test_is_kept_as_soon_as_all_is_here(self):
        assert state([(FIRST, 1000_00)], FIRST) is State.KEPT

    def test_what_was_paid_ahead_counts_for_the_next_part(self):
        assert state([(FIRST, 700_00), (SECOND, 300_00)], SECOND + 2 * DAY) is State.KEPT

    def test_money_of_a_later_day_does_not_count_yet(self):
        assert state([(FIRST, 400_00), (SECOND, 600_00)], SECOND - DAY) is State.RUNNING

    @pytest.mark.parametrize(("second", "expected"), [(550_00, State.KEPT), (549_99, State.BROKEN)])
    def test_a_share_is_enough_to_the_fen(self, second, expected):
        assert state([(FIRST, 400_00), (SECOND, second)], SECOND + 2 * DAY, share="0.95") is expected

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.kernel.shares import Share, difference


class TestShare:
    def test_has_the_interval_of_the_worked_case(self):
        assert Share(81, 263).interval() == pytest.approx((0.2553, 0.3662), abs=5e-5)

    def test_of_nothing_says_nothing(self):
        assert (Share(0, 0).rate, Share(0, 0).interval()) == (None, (0.0, 1.0))

    @given(st.integers(0, 500), st.integers(1, 500))
    def test_the_rate_lies_in_its_interval_between_0_and_1(self, count, more):
        share = Share(count, count + more)
        low, high = share.interval()

        assert 0 <= low <= share.rate <= high <= 1


class TestDifference:
    def test_has_the_interval_of_the_worked_case(self):
        found = difference(Share(56, 70), Share(48, 80))

        assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
        assert found.is_clear is True

    def test_of_few_is_not_clear(self):
        assert difference(Share(6, 7), Share(5, 8)).is_clear is False

    def test_needs_both(self):
        assert difference(Share(1, 2), Share(0, 0)) is None

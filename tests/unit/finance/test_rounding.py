from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.rounding import Rounding, to_minor


class TestToMinor:
    @pytest.mark.parametrize(
        ("unrounded", "half_up", "half_even", "up", "down"),
        [("2.5", 3, 2, 3, 2), ("3.5", 4, 4, 4, 3), ("2.4", 2, 2, 3, 2), ("2.6", 3, 3, 3, 2), ("2", 2, 2, 2, 2)],
    )
    def test_rounds_by_its_mode(self, unrounded, half_up, half_even, up, down):
        value = Decimal(unrounded)

        assert [to_minor(value, mode) for mode in Rounding] == [half_up, half_even, up, down]

    def test_a_half_that_a_division_spoiled_is_still_a_half(self):
        monthly = Decimal("0.07") * (Decimal(1) / 12)

        assert 162_00 * monthly < Decimal("94.5")
        assert to_minor(162_00 * monthly, Rounding.HALF_UP) == 95

    def test_a_whole_that_a_division_spoiled_is_not_rounded_up_or_down(self):
        below, above = Decimal("35.99999999999999999999999999"), Decimal("3.000000000000000000000000001")

        assert [to_minor(below, mode) for mode in Rounding] == [36, 36, 36, 36]
        assert [to_minor(above, mode) for mode in Rounding] == [3, 3, 3, 3]

    @given(minor=st.integers(0, 10**16), part=st.integers(0, 999_999))
    def test_stays_within_one_minor_unit(self, minor, part):
        value = minor + Decimal(part) / 1_000_000

        for mode in Rounding:
            assert abs(to_minor(value, mode) - value) < 1
        assert to_minor(value, Rounding.DOWN) == minor

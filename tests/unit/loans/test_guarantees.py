from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.domain.guarantees import State, all_signed, burden_of, ends_with, share_of, state_of
from tests.unit.loans.sheets import LEVEL, PENALTY, sheet

NUMBER = "11010519491231002X"


class TestBurden:
    def test_is_the_share_of_what_is_lent_and_paid_back(self):
        paper = sheet(LEVEL, penalty=PENALTY)

        burden = burden_of(paper, 5_000)

        assert (burden.principal, burden.total) == (share_of(paper.principal, 5_000), share_of(paper.total, 5_000))
        assert burden.principal * 2 == paper.principal
        assert burden.late == share_of(paper.late.amount, 5_000)

    def test_lasts_six_months_beyond_the_last_due_date(self):
        burden = burden_of(sheet(LEVEL), 10_000)

        assert (burden.last_due_on, burden.claimed_until) == (date(2027, 8, 15), date(2028, 2, 15))

    def test_of_the_whole_is_the_whole(self):
        paper = sheet(LEVEL)

        assert burden_of(paper, 10_000).total == paper.total


class TestShare:
    @pytest.mark.parametrize(
        ("minor", "share_bps", "share"),
        [(100_00, 3_333, 33_33), (1, 5_000, 1), (1, 4_999, 0), (3, 1, 0), (0, 10_000, 0)],
    )
    def test_is_whole_fen_a_half_rounded_up(self, minor, share_bps, share):
        assert share_of(minor, share_bps) == share

    @given(st.integers(0, 10**12), st.integers(1, 10_000))
    def test_is_never_more_than_the_whole(self, minor, share_bps):
        assert 0 <= share_of(minor, share_bps) <= minor


class TestLastSix:
    def test_are_right_or_not(self):
        assert ends_with(NUMBER, "31002X") is True

    @pytest.mark.parametrize("typed", ["", "X", "31002x", "131002X", NUMBER, "310021", "３１００２X"])
    def test_anything_else_is_not(self, typed):
        assert ends_with(NUMBER, typed) is False


class TestState:
    @pytest.mark.parametrize(
        ("answer", "is_asked", "has_open_link", "state"),
        [
            ("", False, False, State.NOT_ASKED),
            ("", True, True, State.WAITING),
            ("", True, False, State.LINK_OVER),
            ("SIGNED", True, True, State.SIGNED),
            ("SIGNED", True, False, State.SIGNED),
            ("DECLINED", True, True, State.DECLINED),
        ],
    )
    def test_follows_the_answer_then_the_link(self, answer, is_asked, has_open_link, state):
        assert state_of(answer=answer, is_asked=is_asked, has_open_link=has_open_link) is state

    def test_the_contract_waits_for_everyone(self):
        assert all_signed([]) is True
        assert all_signed([State.SIGNED, State.SIGNED]) is True
        for other in set(State) - {State.SIGNED}:
            assert all_signed([State.SIGNED, other]) is False

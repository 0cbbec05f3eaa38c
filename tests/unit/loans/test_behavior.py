"""What a scorecard reads of a loan's months: what is not there stays unknown."""

from decimal import Decimal

import pytest

from loans.domain.behavior import FIELDS, History, fields_of_history, months_behind
from loans.scoring.splitting import is_held_out


def amounts(*values):
    return tuple(Decimal(value) for value in values)


class TestFields:
    def test_of_a_loan_are_how_far_it_was_behind_and_nothing_is_guessed_of_a_card(self):
        found = fields_of_history(History((1, 0, 2, 0)))

        assert found == {
            "months": 4,
            "behind_now": 1,
            "behind_most": 2,
            "late_months": 2,
            "paid": None,
            "billed": None,
            "balance": None,
            "limit": None,
        }
        assert tuple(found) == FIELDS

    def test_of_a_card_answer_each_bill_with_what_was_paid_in_the_month_after(self):
        card = History((0, 0, 0, 0), amounts(900, 800, 700, 500), amounts(80, 70, 50, 9_999), limit=Decimal(1_000))

        found = fields_of_history(card)

        assert (found["paid"], found["billed"]) == (200, 2_000)
        assert (found["balance"], found["limit"]) == (900, 1_000)

    def test_where_nothing_was_billed_no_share_was_paid_or_left_unpaid(self):
        found = fields_of_history(History((0, 0, 0), amounts(50, 0, -20), amounts(10, 0, 0)))

        assert (found["paid"], found["billed"]) == (None, None)

    def test_look_six_months_back_and_no_further(self):
        assert fields_of_history(History((0, 0, 0, 0, 0, 0, 9)))["behind_most"] == 0

    def test_as_they_were_known_before(self):
        card = History((2, 1, 0), amounts(3, 2, 1), amounts(6, 5, 4), Decimal(9))

        assert card.before(1) == History((1, 0), amounts(2, 1), amounts(5, 4), Decimal(9))

    @pytest.mark.parametrize(("months", "is_known"), [(2, False), (3, True)])
    def test_three_months_are_a_history(self, months, is_known):
        assert History((0,) * months).is_known is is_known


@pytest.mark.parametrize(
    ("days", "months"), [(-3, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (270, 9), (400, 9)]
)
def test_thirty_days_are_a_month_behind(days, months):
    assert months_behind(days) == months


def test_the_same_name_is_always_held_out_and_three_of_ten_are():
    held_out = [name for name in map(str, range(10_000)) if is_held_out(name)]

    assert 2_850 <= len(held_out) <= 3_150
    assert held_out == [name for name in map(str, range(10_000)) if is_held_out(name)]

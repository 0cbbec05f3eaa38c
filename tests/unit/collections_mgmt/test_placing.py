"""What agencies get for a payment, at which rate, and when they have to be evaluated."""

from datetime import date

import pytest

from collections_mgmt.domain.placing import commission, evaluation_due_on, rate_at

RATES = [(91, 1_500), (181, 2_250)]
CONTRACT = {"contract_from": date(2026, 1, 1), "contract_to": date(2027, 12, 31), "months": 12, "before_end_days": 60}


class TestCommission:
    @pytest.mark.parametrize(
        ("minor", "bps", "due"),
        [(100_00, 1_500, 15_00), (1, 1_500, 0), (3, 1_666, 0), (1_01, 5_000, 51), (99, 5_000, 50), (1_000_07, 0, 0)],
    )
    def test_is_rounded_half_up_to_a_minor_unit(self, minor, bps, due):
        assert commission(minor, bps) == due

    def test_of_parts_may_differ_from_that_of_their_sum(self):
        assert (commission(1_01, 5_000) + commission(1_01, 5_000), commission(2_02, 5_000)) == (1_02, 1_01)


class TestRate:
    @pytest.mark.parametrize(("days", "bps"), [(90, 0), (91, 1_500), (180, 1_500), (181, 2_250), (4_000, 2_250)])
    def test_is_that_of_the_age_that_was_reached(self, days, bps):
        assert rate_at(days, RATES) == bps

    def test_is_none_where_nothing_is_agreed(self):
        assert rate_at(400, []) == 0


class TestEvaluation:
    def test_is_due_a_year_after_the_contract_began(self):
        assert evaluation_due_on(evaluated_on=None, **CONTRACT) == date(2027, 1, 1)

    def test_is_due_a_year_after_the_last_one(self):
        assert evaluation_due_on(evaluated_on=date(2026, 6, 30), **CONTRACT) == date(2027, 6, 30)

    def test_is_due_before_the_contract_ends_in_any_case(self):
        assert evaluation_due_on(evaluated_on=date(2027, 6, 30), **CONTRACT) == date(2027, 12, 31)

    def test_shortly_before_the_end_is_enough_for_it(self):
        assert evaluation_due_on(evaluated_on=date(2027, 11, 1), **CONTRACT) == date(2028, 11, 1)

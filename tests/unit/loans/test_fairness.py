"""How groups fare: rates, the adverse impact ratio, their intervals, and silence about small groups."""

from decimal import Decimal

import pytest

from dashu.policy.credit_monitoring import MonitoringRules
from dashu.policy.credit_rules import Outcome
from loans.domain.fairness import Decided, GroupOutcome, fairness_of

RULES = MonitoringRules(Decimal("0.10"), Decimal("0.25"), 100, 30, Decimal("0.8"))


def decided(group: str, approved: int, of: int, *, attribute: str = "age", otherwise=Outcome.REFER) -> list[Decided]:
    return [Decided(Outcome.APPROVE if number < approved else otherwise, {attribute: group}) for number in range(of)]


class TestFairness:
    def test_holds_each_group_against_the_one_approved_most_often(self):
        old, young = fairness_of([*decided("young", 30, 100), *decided("old", 60, 100)], RULES)["age"]

        assert (old.group, old.approval_rate, old.impact_ratio, old.ratio_interval) == ("old", 0.6, 1.0, None)
        assert (young.applicants, young.approval_rate, young.impact_ratio) == (100, 0.3, 0.5)
        assert young.rate_interval == pytest.approx((0.2190, 0.3958), abs=0.0001)  # Wilson
        assert young.ratio_interval == pytest.approx((0.3561, 0.7021), abs=0.0001)  # Katz
        assert (old.needs_a_look, young.needs_a_look) == (False, True)

    @pytest.mark.parametrize(("approved", "needs"), [(79, True), (80, False)])
    def test_needs_a_look_below_four_fifths(self, approved, needs):
        groups = fairness_of([*decided("a", 100, 100), *decided("b", approved, 100)], RULES)["age"]

        assert groups[1].needs_a_look is needs

    def test_a_small_group_shows_its_size_only_and_is_no_measure(self):
        found = fairness_of([*decided("few", 29, 29), *decided("many", 15, 30)], RULES)["age"]

        assert found[0] == GroupOutcome("few", 29)
        assert found[1].impact_ratio == 1.0

    def test_where_nobody_is_approved_there_is_no_ratio(self):
        found = fairness_of([*decided("a", 0, 40), *decided("b", 0, 40, otherwise=Outcome.REFUSE)], RULES)["age"]

        assert [(each.approval_rate, each.impact_ratio, each.needs_a_look) for each in found] == [
            (0.0, None, False)
        ] * 2

    def test_a_group_of_which_nobody_is_approved_needs_a_look(self):
        found = fairness_of([*decided("a", 0, 40), *decided("b", 20, 40)], RULES)["age"]

        assert (found[0].impact_ratio, found[0].ratio_interval, found[0].needs_a_look) == (0.0, None, True)

    def test_each_attribute_by_itself_and_nobody_under_one_that_is_not_known(self):
        found = fairness_of([*decided("a", 40, 40), *decided("f", 30, 35, attribute="sex")], RULES)

        assert {attribute: [each.applicants for each in groups] for attribute, groups in found.items()} == {
            "age": [40],
            "sex": [35],
        }

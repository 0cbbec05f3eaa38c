"""Whose file comes first: the formula and where each point comes from."""

from dataclasses import replace

import pytest

from collections_mgmt.domain.priority import Part, priority_of
from dashu.policy.case_desk import Fact, Points, PriorityRules

RULES = PriorityRules(
    cure=Points(((0, 8000), (31, 5000)), {Fact.PAID_LATELY: 1000, Fact.PROMISE_BROKEN: -1500}, 100, 9800),
    harm=Points(((0, 500),), {Fact.HELP_ASKED: 4000, Fact.CARE: 6000, Fact.COMPLAINT: 2500}, 0, 9500),
    care_from=4000,
    kept_days=180,
    paid_days=30,
    help_days=180,
)


def weighed(value_minor=1_000_00, days=5, facts=()):
    return priority_of(value_minor=value_minor, days=days, facts=facts, rules=RULES)


class TestPriority:
    def test_is_value_times_chance_times_what_a_contact_does_no_harm_with(self):
        found = weighed(facts=["PAID_LATELY"])

        assert (found.cure_bps, found.harm_bps, found.is_care) == (9000, 500, False)
        assert found.place == 1_000_00 * 9000 * 9500 // 10**8 == 85_500

    def test_names_the_points_of_each_share(self):
        found = weighed(days=40, facts=["PROMISE_BROKEN", "COMPLAINT"])

        assert found.cure == (Part(None, 5000), Part(Fact.PROMISE_BROKEN, -1500))
        assert found.harm == (Part(None, 500), Part(Fact.COMPLAINT, 2500))

    def test_more_risk_of_harm_puts_an_ordinary_file_further_back(self):
        assert weighed(facts=["COMPLAINT"]).place < weighed().place

    def test_from_the_bound_on_people_trained_for_it_take_the_greater_risk_first(self):
        help_asked, cared_for = weighed(facts=["HELP_ASKED"]), weighed(facts=["CARE"])

        assert (help_asked.is_care, cared_for.is_care) == (True, True)
        assert (help_asked.harm_bps, cared_for.harm_bps) == (4500, 6500)
        assert help_asked.place < cared_for.place

    def test_shares_stay_within_their_bounds(self):
        rules = replace(RULES, cure=replace(RULES.cure, facts={Fact.PROMISE_BROKEN: -9900}))

        found = priority_of(
            value_minor=100, days=0, facts=["PROMISE_BROKEN", "CARE", "HELP_ASKED", "COMPLAINT"], rules=rules
        )

        assert (found.cure_bps, found.harm_bps) == (100, 9500)

    @pytest.mark.parametrize(("days", "points"), [(0, 8000), (30, 8000), (31, 5000), (900, 5000)])
    def test_the_band_of_the_days_counts(self, days, points):
        assert weighed(days=days).cure_bps == points

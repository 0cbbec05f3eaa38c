"""What a pack may say of relief."""

from copy import deepcopy
from decimal import Decimal

import pytest

from dashu.finance.relief import ReliefMethod
from dashu.policy.relief import (
    Guideline,
    loss_assumptions_of,
    plan_clocks_of,
    relief_affordability_of,
    relief_campaigns_of,
    relief_credit_marks_of,
    relief_limits_of,
    spending_guidelines_of,
)

LIMITS = {
    "most_restructurings": 2,
    "within_months": 24,
    "first_payments": 3,
    "cooling_off_days": 7,
    "deciding_days": 14,
    "remind_days": 3,
    "peace_days": 28,
    "peace_within_days": 90,
    "most_offers": 3,
    "value_loss": "0.01",
    "capitalizes": False,
    "longest_months": {"payment_holiday": 3, "interest_only": 6, "step_up": 6, "arrears_plan": 12},
    "deepest_rate_cut": "0.06",
    "waivers": [{"from_days": 31, "share": "0.1"}, {"from_days": 61, "share": "0.3"}],
    "longest_terms": {"CONSUMER": 60},
    "levels": [{"role": "COLLECTOR", "value_loss": "0.01"}, {"role": "ADMIN", "value_loss": "1"}],
}
NAMES = {"zh-hans": "饮食", "zh-hant": "飲食", "en": "Food"}
GUIDELINES = {"currency": "CNY", "categories": {"FOOD": {"first": "1200.00", "further": "800.00", "names": NAMES}}}
LOSSES = {
    "bands": [
        {"from_days": 0, "carried": "0.06", "beyond": "0.35", "relieved": "0.15"},
        {"from_days": 31, "carried": "0.35", "beyond": "0.65", "relieved": "0.35"},
    ],
    "loss_given_default": "0.65",
}


class TestReliefLimits:
    def test_gives_up_more_the_longer_a_loan_is_overdue(self):
        limits = relief_limits_of(LIMITS)

        assert [limits.deepest_waiver(days) for days in (0, 30, 31, 60, 61, 400)] == [
            0,
            0,
            Decimal("0.1"),
            Decimal("0.1"),
            Decimal("0.3"),
            Decimal("0.3"),
        ]

    def test_lets_each_role_offer_up_to_its_share(self):
        limits = relief_limits_of(LIMITS)

        assert limits.may_offer("COLLECTOR", Decimal("0.01"))
        assert not limits.may_offer("COLLECTOR", Decimal("0.010001"))
        assert limits.may_offer("ADMIN", Decimal("0.9"))
        assert not limits.may_offer("UNDERWRITER", Decimal(0))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"most_offers": 4},
            {"most_offers": 0},
            {"within_months": 0},
            {"most_restructurings": 0},
            {"deciding_days": 0},
            {"remind_days": 14},
            {"peace_days": 13},
            {"peace_within_days": 27},
            {"peace_within_days": 367},
            {"cooling_off_days": 31},
            {"due_day_months": 0},
            {"most_withdrawals": 0},
            {"withdrawal_months": 61},
            {"longest_months": {"payment_holiday": 3}},
            {"longest_months": LIMITS["longest_months"] | {"step_up": 0}},
            {"longest_terms": {}},
            {"longest_terms": {"CONSUMER": 0}},
            {"waivers": [{"from_days": 61, "share": "0.3"}, {"from_days": 31, "share": "0.4"}]},
            {"waivers": [{"from_days": 31, "share": "0.3"}, {"from_days": 61, "share": "0.1"}]},
            {"value_loss": "1.1"},
            {"levels": []},
            {"levels": [{"role": "ADMIN", "value_loss": "0.5"}]},
        ],
    )
    def test_refuses_what_makes_no_sense(self, wrong):
        with pytest.raises(ValueError):
            relief_limits_of({**LIMITS, **wrong})

    def test_bounds_moves_and_withdrawals_also_where_an_older_rule_does_not_speak_of_them(self):
        limits = relief_limits_of(LIMITS)

        assert (limits.due_day_months, limits.most_withdrawals, limits.withdrawal_months) == (6, 1, 3)

    def test_takes_a_bool_only_as_one(self):
        with pytest.raises(TypeError):
            relief_limits_of({**LIMITS, "capitalizes": 0})


class TestSpendingGuidelines:
    def test_grow_with_the_household(self):
        food = spending_guidelines_of(GUIDELINES).categories["FOOD"]

        assert food == Guideline(1200_00, 800_00, NAMES)
        assert [food.for_household(persons) for persons in (1, 2, 4)] == [1200_00, 2000_00, 3600_00]

    @pytest.mark.parametrize(
        ("name", "value"), [("first", "1.234"), ("further", "-1.00"), ("first", "ten"), ("names", {"en": "Food"})]
    )
    def test_refuse_what_is_no_amount_or_lacks_a_name(self, name, value):
        wrong = deepcopy(GUIDELINES)
        wrong["categories"]["FOOD"][name] = value

        with pytest.raises(ValueError):
            spending_guidelines_of(wrong)

    def test_refuse_an_unknown_currency(self):
        with pytest.raises(ValueError):
            spending_guidelines_of({**GUIDELINES, "currency": "XXX"})


class TestLossAssumptions:
    def test_finds_the_band_of_the_days(self):
        losses = loss_assumptions_of(LOSSES)

        assert [losses.band(days).from_days for days in (-1, 0, 30, 31, 500)] == [0, 0, 0, 31, 31]

    @pytest.mark.parametrize("from_days", [1, 31, 40])
    def test_refuses_bands_that_do_not_rise_from_0(self, from_days):
        wrong = deepcopy(LOSSES)
        wrong["bands"][0]["from_days"] = from_days

        with pytest.raises(ValueError):
            loss_assumptions_of(wrong)


class TestOtherRules:
    def test_debts_are_watched_before_they_are_too_high(self):
        shares = dict.fromkeys(
            ("unverified_income", "buffer", "watched_debt", "highest_debt", "stressed_income", "stressed_rate"), "0.5"
        )

        assert relief_affordability_of(shares).highest_debt == Decimal("0.5")
        with pytest.raises(ValueError):
            relief_affordability_of({**shares, "watched_debt": "0.6"})

    @pytest.mark.parametrize(
        "wrong", [{"broken_after_days": 0}, {"cure_days": 91}, {"probation_months": 61}, {"observation_months": 61}]
    )
    def test_clocks_lie_within_bounds(self, wrong):
        clocks = {
            "broken_after_days": 10,
            "cure_days": 30,
            "observation_months": 12,
            "observation_payments": 2,
            "probation_months": 24,
        }

        assert plan_clocks_of(clocks).cure_days == 30
        with pytest.raises(ValueError):
            plan_clocks_of({**clocks, **wrong})

    def test_every_method_has_a_mark_or_says_that_it_has_none(self):
        marks = dict.fromkeys(ReliefMethod, "")

        assert relief_credit_marks_of(marks)[ReliefMethod.DUE_DATE] == ""
        del marks[ReliefMethod.DUE_DATE]
        with pytest.raises(ValueError):
            relief_credit_marks_of(marks)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"most_per_day": 0},
            {"least_quiet_days": 0},
            {"most_holdout_bps": 5_001},
            {"most_listed": 0},
            {"longest_days": 0},
            {"longest_days": 367},
            {"holdout_months": 0},
            {"other": 1},
        ],
    )
    def test_campaigns_leave_people_in_peace_and_offer_most_of_them_something(self, wrong):
        bounds = {
            "most_per_day": 500,
            "least_quiet_days": 30,
            "most_holdout_bps": 3_000,
            "most_listed": 5_000,
            "longest_days": 92,
            "holdout_months": 12,
        }

        assert relief_campaigns_of(bounds).most_holdout_bps == 3_000
        with pytest.raises((ValueError, TypeError)):
            relief_campaigns_of({**bounds, **wrong})

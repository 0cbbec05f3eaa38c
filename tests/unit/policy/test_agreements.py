"""What a pack may say of promises, plans, settlements, holds and special care."""

import pytest

from dashu.finance.installments import Component
from dashu.policy.agreements import (
    Contact,
    arrangement_terms_of,
    hold_effects_of,
    promise_limits_of,
    settlement_terms_of,
    special_care_of,
)

SETTLEMENT = {
    "order": ["penalty", "fee", "interest", "principal"],
    "longest_days": 180,
    "most_parts": 6,
    "accept_days": 14,
    "grace_days": 3,
    "least_days_past_due": 61,
    "deep_share": "0.3",
}
HOLD = {
    "contact": "person",
    "settlement": "asked",
    "pauses_count": True,
    "bars_lending": False,
    "mark": "DISPUTED",
    "review_days": 20,
    "longest_days": None,
}
NAMES = {"zh-hans": "健康", "zh-hant": "健康", "en": "Health"}
CARE = {"categories": {"HEALTH": NAMES}, "sensitive": ["HEALTH"], "review_days": 180, "more_days": 7}


class TestSettlementTerms:
    def test_reads_the_order_in_which_claims_are_given_up(self):
        terms = settlement_terms_of(SETTLEMENT)

        assert terms.order == (Component.PENALTY, Component.FEE, Component.INTEREST, Component.PRINCIPAL)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"order": ["penalty", "fee", "interest"]},
            {"order": ["penalty", "penalty", "fee", "interest"]},
            {"accept_days": 181},
            {"accept_days": 0},
            {"deep_share": "0"},
            {"deep_share": "1"},
            {"most_parts": 0},
            {"grace_days": 32},
        ],
    )
    def test_refuses_what_makes_no_sense(self, wrong):
        with pytest.raises(ValueError):
            settlement_terms_of({**SETTLEMENT, **wrong})


class TestHoldEffects:
    def test_reads_the_effects_by_kind(self):
        effects = hold_effects_of({"DISPUTE": HOLD})["DISPUTE"]

        assert (effects.contact, effects.mark, effects.longest_days) == (Contact.PERSON, "DISPUTED", None)

    @pytest.mark.parametrize(
        "wrong", [{"contact": "nobody"}, {"settlement": "sometimes"}, {"review_days": 0}, {"longest_days": 0}]
    )
    def test_refuses_what_makes_no_sense(self, wrong):
        with pytest.raises(ValueError):
            hold_effects_of({"DISPUTE": {**HOLD, **wrong}})


class TestSpecialCare:
    def test_refuses_a_sensitive_category_that_there_is_not(self):
        with pytest.raises(ValueError, match="unknown"):
            special_care_of({**CARE, "sensitive": ["INCOME"]})

    def test_refuses_a_category_without_a_name_in_each_language(self):
        with pytest.raises(ValueError):
            special_care_of({**CARE, "categories": {"HEALTH": {"en": "Health"}}})


@pytest.mark.parametrize("wrong", [{"broken": 0}, {"remind_days": 0}, {"least_share": "1.1"}])
def test_refuses_limits_of_promises_that_make_no_sense(wrong):
    with pytest.raises(ValueError):
        promise_limits_of({"broken": 2, "within_days": 90, "remind_days": 1, "least_share": "0.1", **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"longest_months": 6, "most_parts": 12, "own_months": 7, "own_parts": 4},
        {"longest_months": 6, "most_parts": 12, "own_months": 3, "own_parts": 13},
        {"longest_months": 6, "most_parts": 12, "own_months": 3, "own_parts": 1},
    ],
)
def test_lets_no_borrower_go_further_alone_than_staff_may(wrong):
    with pytest.raises(ValueError):
        arrangement_terms_of(wrong)

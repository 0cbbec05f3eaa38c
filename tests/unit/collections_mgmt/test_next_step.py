"""What is suggested, why, and that doing nothing can always be chosen."""

import pytest

from collections_mgmt.domain.next_step import suggest
from dashu.policy.case_desk import Fact, Step, steps_of

RULES = steps_of(
    [
        {"step": "ANSWER_HELP", "when": ["HELP_ASKED"]},
        {"step": "NOTHING", "when": ["PROMISE_RUNS"], "without": ["CARE"]},
        {"step": "REMIND", "when": ["FIRST_TIME"], "to_days": 7},
        {"step": "OFFER_PLAN", "from_days": 31},
        {"step": "ASK_AFTER"},
    ]
)


class TestSuggest:
    @pytest.mark.parametrize(
        ("days", "facts", "step"),
        [
            (5, ["HELP_ASKED", "PROMISE_RUNS"], Step.ANSWER_HELP),
            (5, ["PROMISE_RUNS"], Step.NOTHING),
            (5, ["PROMISE_RUNS", "CARE"], Step.ASK_AFTER),
            (7, ["FIRST_TIME"], Step.REMIND),
            (8, ["FIRST_TIME"], Step.ASK_AFTER),
            (31, ["FIRST_TIME"], Step.OFFER_PLAN),
        ],
    )
    def test_the_first_rule_that_fits_counts(self, days, facts, step):
        assert suggest(days=days, facts=facts, rules=RULES).step is step

    @pytest.mark.parametrize("days", [0, 5, 40])
    @pytest.mark.parametrize("fact", list(Fact))
    def test_doing_nothing_can_always_be_chosen(self, days, fact):
        found = suggest(days=days, facts=[fact.value], rules=RULES)

        assert Step.NOTHING in (found.step, *found.others)
        assert found.step not in found.others

    def test_says_which_facts_and_days_decided(self):
        found = suggest(days=40, facts=["FIRST_TIME"], rules=RULES)

        assert (found.facts, found.from_days, found.to_days) == ((), 31, None)
        assert suggest(days=3, facts=["FIRST_TIME"], rules=RULES).facts == (Fact.FIRST_TIME,)

    def test_rules_end_with_one_that_fits_every_file(self):
        with pytest.raises(ValueError, match="no condition"):
            steps_of([{"step": "REMIND", "when": ["FIRST_TIME"]}])

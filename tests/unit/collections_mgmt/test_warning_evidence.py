"""Leads held against what came later: when one is opened, and the figures that follow."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from collections_mgmt.domain.warning_evidence import By, Found, Night, Past, evidence, figures, found, warned_on
from dashu.kernel.shares import Share
from dashu.policy.early_warning import Trigger, early_warning_of

PACK = Path(__file__).parents[3] / "dashu/policy/packs/cn.yaml"
TOLD = yaml.safe_load(PACK.read_text(encoding="utf-8"))["rules"]
RULES = early_warning_of(next(rule["value"] for rule in TOLD if rule["code"] == "early_warning.triggers"))
ON = date(2026, 1, 31)
LATER, LEAST, SCORE = Trigger.PAYS_LATER, Trigger.ONLY_THE_LEAST, Trigger.SCORE_DOWN
HELP = Trigger.ASKED_FOR_HELP


def past(*fired, late_on=None, behind=0, apart=30):
    nights = [Night(ON + timedelta(days=apart * place), behind, frozenset(each)) for place, each in enumerate(fired)]
    return Past(tuple(nights), late_on)


class TestWarnedOn:
    def test_two_kinds_or_one_strong_open_a_lead(self):
        assert warned_on(past({LATER, LEAST}), RULES, By.BOTH) == ON
        assert warned_on(past({HELP}), RULES, By.BOTH) == ON
        assert warned_on(past({LATER}), RULES, By.BOTH) is None

    def test_a_trigger_counts_up_to_its_last_day(self):
        days = RULES.triggers[LATER].valid_days

        assert warned_on(past({LATER}, {LEAST}, apart=days), RULES, By.BOTH) == ON + timedelta(days=days)
        assert warned_on(past({LATER}, {LEAST}, apart=days + 1), RULES, By.BOTH) is None

    def test_the_score_adds_to_a_rule_and_opens_nothing_alone(self):
        assert warned_on(past({SCORE}), RULES, By.BOTH) is None
        assert warned_on(past({SCORE, LATER}), RULES, By.BOTH) == ON
        assert warned_on(past({SCORE, LATER}), RULES, By.RULES) is None
        assert warned_on(past({LATER, LEAST}), RULES, By.RULES) == ON
        assert warned_on(past({SCORE}), RULES, By.SCORE) == ON
        assert warned_on(past({LATER, LEAST}), RULES, By.SCORE) is None
        assert warned_on(past({LATER}), RULES, By.ANY) == ON

    def test_whoever_is_far_behind_has_a_case_and_no_lead(self):
        most = RULES.most_days_late

        assert warned_on(past({LATER, LEAST}, behind=most), RULES, By.BOTH) == ON
        assert warned_on(past({LATER, LEAST}, behind=most + 1), RULES, By.BOTH) is None

    def test_a_trigger_that_the_pack_leaves_out_counts_for_nothing(self):
        without = replace(RULES, triggers={LATER: RULES.triggers[LATER]})

        assert warned_on(past({LATER, LEAST}), without, By.BOTH) is None


class TestFigures:
    def test_count_leads_against_what_came(self):
        late_on = ON + timedelta(days=61)
        pasts = [
            past({LATER, LEAST}, late_on=late_on),
            past(set(), late_on=late_on),
            past({LATER, LEAST}),
            *[past(set())] * 7,
        ]

        assert found(pasts, RULES, By.BOTH) == Found(Share(1, 2), Share(1, 8), (61,))

    def test_follow_from_the_table(self):
        told = figures(Found(Share(3, 4), Share(1, 6), (30, 61, 91)))

        assert told["table"] == {"warned": {"late": 3, "fine": 1}, "not_warned": {"late": 1, "fine": 5}}
        assert [told[name]["value"] for name in ("base_rate", "precision", "recall", "false_offer_rate", "lift")] == [
            0.4,
            0.75,
            0.75,
            0.1667,
            1.875,
        ]
        assert told["precision"]["interval"] == [0.3006, 0.9544]
        assert told["lift"]["interval"] == [0.7516, 2.386]
        assert told["lead_months"] == {"median": 2.0, "interval": [1.0, 3.0], "quartiles": [1.0, 3.0]}

    def test_say_nothing_where_nothing_was_warned(self):
        told = figures(Found(Share(0, 4), Share(0, 6), ()))

        assert (told["precision"]["value"], told["lift"]["value"]) == (None, None)
        assert told["recall"]["value"] == 0
        assert told["lead_months"] == {"median": None, "interval": None, "quartiles": None}

    def test_are_told_of_each_trigger_too(self):
        told = evidence([past({LATER, SCORE}, late_on=ON + timedelta(days=90)), past({LATER})], RULES)

        assert set(told["by"]) == {"rules only", "score only", "rules and score", "any one trigger"}
        assert list(told["of_each_trigger"]) == ["PAYS_LATER", "SCORE_DOWN"]
        assert told["of_each_trigger"]["PAYS_LATER"]["table"]["warned"] == {"late": 1, "fine": 1}


@pytest.mark.parametrize("by", By)
def test_nobody_is_warned_of_whom_nothing_was_noticed(by):
    assert warned_on(past(set(), set()), RULES, by) is None

"""What a pack may say of early warnings."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashu.policy.early_warning import Trigger, early_warning_of, places_of

PACKS = Path(__file__).parents[3] / "dashu/policy/packs"


def value_of(code: str, *, pack: str = "cn") -> Any:
    rules = yaml.safe_load((PACKS / f"{pack}.yaml").read_text(encoding="utf-8"))["rules"]
    return next(rule["value"] for rule in rules if rule["code"] == code)


@pytest.fixture
def told() -> Any:
    return value_of("early_warning.triggers")


class TestEarlyWarning:
    def test_has_thresholds_for_every_trigger(self, told):
        rules = early_warning_of(told)

        assert set(rules.triggers) == set(Trigger)
        assert (rules.needed, rules.strong_needed) == (2, 1)
        assert rules.triggers[Trigger.INCOME_DROP].shares == {"drop": Decimal("0.25")}
        assert {trigger for trigger, rule in rules.triggers.items() if rule.is_strong} == {
            Trigger.ASKED_FOR_HELP,
            Trigger.OVERDUE_ELSEWHERE,
        }

    @pytest.mark.parametrize("pack", ["cn", "tw", "us"])
    def test_is_known_with_its_places_to_every_country(self, pack):
        rules = early_warning_of(value_of("early_warning.triggers", pack=pack))
        places = places_of(value_of("early_warning.places", pack=pack))

        assert set(rules.triggers) == set(Trigger)
        assert set(rules.series) == {"UNEMPLOYMENT", "SECTOR", "PRICES", "INCOMES"}
        assert len(places["regions"]) >= 4
        assert len(places["sectors"]) >= 10
        assert all(len(code) <= 12 for told in places.values() for code in told)

    def test_can_leave_a_trigger_out(self, told):
        del told["triggers"]["INQUIRIES"]

        assert Trigger.INQUIRIES not in early_warning_of(told).triggers

    @pytest.mark.parametrize(
        ("trigger", "wrong"),
        [
            ("PAYS_LATER", {"later_days": -1}),
            ("PAYS_LATER", {"valid_days": 0}),
            ("PAYS_LATER", {"products": []}),
            ("PAYS_LATER", {"products": ["MORTGAGE"]}),
            ("PAYS_LATER", {"other": 1}),
            ("PARTIAL_PAYMENTS", {"within_days": 91}),
            ("INCOME_DROP", {"drop": "1"}),
            ("INCOME_DROP", {"drop": "0"}),
            ("REVENUE_DROP", {"drop": "much"}),
        ],
    )
    def test_refuses_a_trigger_that_makes_no_sense(self, told, trigger, wrong):
        told["triggers"][trigger] |= wrong

        with pytest.raises(ValueError):
            early_warning_of(told)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"needed": 0},
            {"strong_needed": 3},
            {"score_edges": [600, 480]},
            {"series": {"WEATHER": {"change": "1", "is_share": False, "months": 1}}},
            {"series": {"PRICES": {"change": "0", "is_share": True, "months": 12}}},
            {"triggers": {"OPENED_A_LESSON": {}}},
        ],
    )
    def test_refuses_rules_that_make_no_sense(self, told, wrong):
        with pytest.raises(ValueError):
            early_warning_of({**told, **wrong})


class TestPlaces:
    def test_have_a_name_in_three_languages(self):
        places = places_of(value_of("early_warning.places"))

        assert places["regions"]["44"] == {"zh-hans": "广东", "zh-hant": "廣東", "en": "Guangdong"}
        assert len(places["regions"]) == 31

    def test_refuse_a_name_that_is_missing(self):
        with pytest.raises(ValueError):
            places_of({"regions": {"44": {"en": "Guangdong"}}, "sectors": {}})


class TestScore:
    def test_never_makes_a_lead_alone(self, told):
        told["triggers"]["SCORE_DOWN"]["is_strong"] = True

        with pytest.raises(ValueError, match="never makes a lead alone"):
            early_warning_of(told)

    def test_needs_something_beside_it(self, told):
        told["needed"] = 1

        with pytest.raises(ValueError, match="never makes a lead alone"):
            early_warning_of(told)

    def test_can_be_left_out_where_one_trigger_is_enough(self, told):
        del told["triggers"]["SCORE_DOWN"]
        told["needed"] = 1

        assert early_warning_of(told).needed == 1

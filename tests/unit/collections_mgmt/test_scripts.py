"""What is said to borrowers: approved, in every language, with what has to be disclosed."""

from pathlib import Path

import pytest
import yaml

from collections_mgmt.domain.scripts import read_scripts, scripts, scripts_for, words_refused
from dashu.policy.case_desk import Step

PACK = yaml.safe_load((Path(__file__).parents[3] / "dashu/policy/packs/cn.yaml").read_text(encoding="utf-8"))
FORBIDDEN = next(rule["value"] for rule in PACK["rules"] if rule["code"] == "collections.forbidden_words")
VALUES = {"lender": "Dashu", "days": "5", "amount": "¥10.00", "complaint_phone": "400"}


def script(**fields):
    texts = {"en": "Hello from {lender}.", "zh-hans": "您好。", "zh-hant": "您好。"}
    told = {"code": "x", "version": 1, "steps": ["REMIND"], "is_approved": True, "approved_on": None}
    return {**told, "title": texts, "texts": texts, "is_disclosure": True, **fields}


class TestScripts:
    @pytest.mark.parametrize("step", [Step.REMIND, Step.ASK_AFTER, Step.OFFER_PLAN, Step.CARE_REVIEW])
    def test_whoever_speaks_discloses_at_the_end(self, step):
        assert [each.is_disclosure for each in scripts_for(step, scripts())][-1] is True

    def test_where_nothing_is_done_nothing_is_said(self):
        assert scripts_for(Step.NOTHING, scripts()) == []

    def test_hold_no_word_that_shames(self):
        assert [words_refused(each, FORBIDDEN) for each in scripts()] == [None] * len(scripts())

    @pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
    def test_are_filled_in_whole(self, language):
        assert not any("{" in each.said(language, VALUES) for each in scripts())

    def test_that_are_not_approved_are_not_used_and_the_newest_version_is(self):
        read = read_scripts([script(), script(version=2), script(version=3, is_approved=False)])

        assert [each.version for each in read] == [2]

    @pytest.mark.parametrize(
        ("raw", "why"),
        [
            ([script(is_disclosure=False)], "disclosed"),
            ([script(texts={"en": "Hello."})], "each of"),
        ],
    )
    def test_that_are_incomplete_are_refused(self, raw, why):
        with pytest.raises(ValueError, match=why):
            read_scripts(raw)

    def test_that_name_an_unknown_value_are_refused(self):
        with pytest.raises(KeyError):
            read_scripts([script(texts=dict.fromkeys(("en", "zh-hans", "zh-hant"), "{secret}"))])

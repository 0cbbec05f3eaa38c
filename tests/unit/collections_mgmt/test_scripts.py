"""What is said to borrowers: approved, in every language, with what has to be disclosed."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from collections_mgmt.domain.scripts import (
    missing_in,
    read_scripts,
    scripts,
    scripts_for,
    step_without_disclosure,
    unknown_value,
    with_newer,
    words_refused,
)
from dashu.policy.case_desk import Step
from dashu.policy.script_contents import required_of

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


REQUIRED = required_of(
    [
        {
            "code": "COMPLAIN",
            "of": ["closing"],
            "name": {"en": "how", "zh-hans": "如何", "zh-hant": "如何"},
            "words": {"en": ["complain"], "zh-hans": ["投诉"], "zh-hant": ["投訴"]},
            "value": "complaint_phone",
        }
    ]
)


def read(**fields):
    (found,) = read_scripts([script(**fields)])
    return found


class TestContents:
    SAID = {
        "en": "Complain at {complaint_phone}.",
        "zh-hans": "投诉 {complaint_phone}",
        "zh-hant": "投訴 {complaint_phone}",
    }

    def test_are_found_by_word_and_value_in_each_language(self):
        assert missing_in(read(code="closing", texts=self.SAID), REQUIRED) is None
        assert missing_in(read(code="other"), REQUIRED) is None

    @pytest.mark.parametrize(
        ("language", "text"),
        [("en", "Call {complaint_phone}."), ("zh-hans", "投诉"), ("zh-hant", "投诉 {complaint_phone}")],
    )
    def test_that_are_missing_are_named_with_the_language(self, language, text):
        assert missing_in(read(code="closing", texts={**self.SAID, language: text}), REQUIRED) == (
            language,
            REQUIRED[0],
        )

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("{lender}", None),
            ("{secret}", "{secret}"),
            ("{lender.x}", "{lender.x}"),
            ("{}", "{}"),
            ("{lender:>9}", "{lender}"),
            ("{", "{"),
        ],
    )
    def test_name_no_value_that_is_not_filled_in(self, text, found):
        assert unknown_value(text) == found


class TestNewer:
    def test_versions_replace_older_ones_and_older_ones_nothing(self):
        known, newer = [read(version=2)], read(version=3)

        assert with_newer(known, [newer]) == (newer,)
        assert with_newer([newer], known) == (newer,)
        assert [each.code for each in with_newer(known, [read(code="y")])] == ["x", "y"]

    def test_each_step_at_which_something_is_said_needs_the_disclosure(self):
        spoken = read(code="y", steps=["ASK_AFTER"])
        silent = replace(spoken, is_disclosure=False)

        assert step_without_disclosure([read(), spoken]) is None
        assert step_without_disclosure([read(), silent]) == Step.ASK_AFTER

"""Points of facts, reasons for a score, and what a scorecard's file may say."""

import copy
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.kernel.documents import MissingField, UnknownField
from dashu.kernel.errors import DomainError
from loans.domain.scorecards import (
    InvalidFact,
    InvalidScorecard,
    parse_artifact,
    parse_scorecard,
    quotient,
    score,
    shortfalls,
)

WORDS = {"label": {"en": "A fact", "zh-Hans": "事实"}, "help": {"en": "More of it"}}


def numeric(name, fields, bins, missing):
    ranges = [{"below": below, "points": points} for below, points in bins]
    return {"name": name, "kind": "numeric", "fields": fields, "bins": ranges, "missing": missing, **WORDS}


CARD = {
    "name": "example",
    "version": 1,
    "start": 400,
    "characteristics": [
        numeric("years", ["years"], [("2", 0), ("5.5", 10), (None, 30)], 5),
        numeric("burden", ["amount", "months", "income"], [("0.2", 40), ("0.4", 20), (None, 0)], 15),
        {
            "name": "job",
            "kind": "category",
            "fields": ["job"],
            "bins": [{"values": ["fixed"], "points": 25}, {"values": ["part", "other"], "points": 0}],
            "missing": 9,
            "unseen": 8,
            **WORDS,
        },
        numeric("asks", ["asks"], [("1", 12), (None, 0)], 6),
        numeric("debts", ["debts"], [("1", 11), (None, 0)], 6),
    ],
}
BEST = {"years": 9, "amount": 1200, "months": 12, "income": 1000, "job": "fixed", "asks": 0, "debts": 0}
WORST = {"years": 0, "amount": 6000, "months": 12, "income": 1000, "job": "part", "asks": 3, "debts": 2}

scorecard = parse_scorecard(CARD)


def changed(**changes):
    """The example with keys of its first characteristic changed; None takes a key away."""
    card = copy.deepcopy(CARD)
    first = {**card["characteristics"][0], **changes}
    card["characteristics"][0] = {name: value for name, value in first.items() if value is not None}
    return card


class TestScore:
    def test_adds_the_points_of_one_bin_of_each_characteristic(self):
        scored = score(scorecard, BEST)

        assert scored.points == 400 + 30 + 40 + 25 + 12 + 11
        assert scored.by_characteristic == {"years": 30, "burden": 40, "job": 25, "asks": 12, "debts": 11}

    @pytest.mark.parametrize(("years", "points"), [(1, 0), (2, 10), (Decimal("5.49"), 10), (Decimal("5.5"), 30)])
    def test_a_number_on_an_edge_lies_above_it(self, years, points):
        assert score(scorecard, {**BEST, "years": years}).by_characteristic["years"] == points

    def test_what_is_missing_and_what_was_never_seen_have_points_of_their_own(self):
        points = score(scorecard, {"job": "astronaut"}).by_characteristic

        assert points == {"years": 5, "burden": 15, "job": 8, "asks": 6, "debts": 6}
        assert score(scorecard, {}).by_characteristic["job"] == 9

    def test_no_income_is_the_heaviest_burden(self):
        assert score(scorecard, {**BEST, "income": 0}).by_characteristic["burden"] == 0

    @pytest.mark.parametrize("given_", [{"years": 1.5}, {"years": "3"}, {"years": Decimal("NaN")}, {"job": 3}])
    def test_refuses_a_fact_of_another_kind(self, given_):
        with pytest.raises(InvalidFact) as refusal:
            score(scorecard, {**BEST, **given_})

        assert refusal.value.field == next(iter(given_))

    @given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 5_000), st.integers(0, 5_000))
    def test_a_better_fact_never_lowers_the_score(self, years, more_years, income, more_income):
        facts = {**WORST, "years": years, "income": income}
        better = {**facts, "years": years + more_years, "income": income + more_income}

        assert score(scorecard, better).points >= score(scorecard, facts).points

    @given(
        st.dictionaries(
            st.sampled_from(["age", "sex", "marital", "region", "Age", "birth_year"]),
            st.integers() | st.sampled_from(["f", "m", "north"]),
        )
    )
    def test_protected_attributes_never_change_it(self, attributes):
        assert score(scorecard, {**WORST, **attributes}) == score(scorecard, WORST)


class TestQuotient:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            ({"a": 6, "b": 2}, Decimal(3)),
            ({"a": 0, "b": 0}, Decimal(0)),
            ({"a": 1, "b": 0}, Decimal("Infinity")),
            ({"a": None, "b": 2}, None),
            ({"a": 1}, None),
        ],
    )
    def test_divides_the_first_by_the_others(self, facts, expected):
        assert quotient(facts, ["a", "b"]) == expected


class TestShortfalls:
    def test_are_the_four_largest_against_the_best(self):
        found = shortfalls(scorecard, score(scorecard, WORST))

        assert [(each.characteristic.name, each.points) for each in found] == [
            ("burden", 40),
            ("years", 30),
            ("job", 25),
            ("asks", 12),
        ]

    def test_leave_out_what_cost_nothing(self):
        found = shortfalls(scorecard, score(scorecard, {**BEST, "asks": 3}))

        assert [(each.characteristic.name, each.points) for each in found] == [("asks", 12)]
        assert shortfalls(scorecard, score(scorecard, BEST)) == ()


class TestReading:
    def test_an_unknown_key_is_refused_by_its_path(self):
        with pytest.raises(UnknownField) as refusal:
            parse_scorecard(changed(bonus=5))

        assert refusal.value.field == "characteristics[0].bonus"

    @pytest.mark.parametrize("name", ["fields", "bins", "missing", "label"])
    def test_a_missing_key_is_refused(self, name):
        with pytest.raises(MissingField):
            parse_scorecard(changed(**{name: None}))

    @pytest.mark.parametrize(
        "bins",
        [
            [],
            [{"below": "5", "points": 1}],
            [{"below": "5", "points": 1}, {"below": "5", "points": 2}, {"points": 3}],
            [{"below": "6", "points": 1}, {"below": "5", "points": 2}, {"points": 3}],
            [{"points": 1}, {"below": "5", "points": 2}],
        ],
    )
    def test_bins_that_contradict_one_another_are_refused(self, bins):
        with pytest.raises(InvalidScorecard):
            parse_scorecard(changed(bins=bins))

    @pytest.mark.parametrize(
        "change",
        [
            {"bins": [{"below": "many", "points": 1}, {"points": 2}]},
            {"bins": [{"points": 1.5}]},
            {"kind": "picture"},
            {"fields": []},
            {"fields": "years"},
            {"missing": 20_000},
            {"name": "burden"},
            {"label": {"zh-Hans": "事实"}},
            {"label": {"en": "A fact", "fr": "Un fait"}},
        ],
    )
    def test_other_slips_are_refused(self, change):
        with pytest.raises(DomainError):
            parse_scorecard(changed(**change))

    def test_an_artifact_holds_a_scorecard_and_how_it_came_about(self):
        assert parse_artifact({"scorecard": CARD, "metrics": {"auc": 0.8}}) == scorecard
        with pytest.raises(UnknownField):
            parse_artifact({"scorecard": CARD, "note": "hello"})

"""The scorecards of the project: nothing protected moves them, no amount alone, and a better fact never lowers them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.domain.scorecards import Fact, NumericBins, parse_artifact, score, shortfalls
from loans.scoring.mapping import Better, load_mapping
from tests.unit.loans.scoring.artifacts import APPLICATIONS, CARDS, MAPPING_OF, SCORECARDS

scorecard = parse_artifact(json.loads(APPLICATIONS.read_bytes()))
longer = parse_artifact(json.loads((SCORECARDS / "applications-3.json").read_bytes()))
mapping = load_mapping("credit_applications_longer")

applicants = st.fixed_dictionaries(
    {
        "years_in_job": st.integers(0, 48),
        "home": st.sampled_from(["owner", "rent", "parents", "priv", "other", None, "boat"]),
        "months": st.sampled_from([6, 12, 24, 36, 48, 60, 72]),
        "past_defaults": st.sampled_from(["yes", "no"]),
        "job": st.sampled_from(["fixed", "freelance", "partime", "others", None]),
        "expenses": st.integers(0, 200),
        "income": st.integers(0, 900),
        "assets": st.integers(0, 300_000),
        "debt": st.integers(0, 30_000),
        "amount": st.integers(100, 5_000),
    }
)
HIGHER = {"years_in_job", "income", "assets"}
LOWER = {"expenses", "debt", "amount"}


AMOUNTS = ("expenses", "income", "assets", "debt", "amount")


@pytest.mark.parametrize("scorecard", [scorecard, longer], ids=["applications-2", "applications-3"])
class TestApplications:
    @given(applicants, st.sampled_from(sorted(HIGHER | LOWER)), st.integers(1, 5_000))
    def test_a_better_fact_never_lowers_the_score(self, scorecard, facts, name, change):
        better: dict[str, Fact] = {
            **facts,
            name: facts[name] + change if name in HIGHER else max(0, facts[name] - change),
        }

        assert score(scorecard, better).points >= score(scorecard, facts).points

    @given(applicants, st.sampled_from([each.column for each in mapping.protected]), st.integers(0, 99))
    def test_protected_attributes_never_change_it(self, scorecard, facts, name, value):
        assert score(scorecard, {**facts, name: value}) == score(scorecard, facts)

    @given(applicants)
    def test_reasons_are_at_most_four_and_each_cost_points(self, scorecard, facts):
        found = shortfalls(scorecard, score(scorecard, facts))

        assert len(found) <= 4
        assert all(each.points > 0 for each in found)

    def test_reads_no_protected_column(self, scorecard):
        columns = {field.name: field.column for field in mapping.fields}
        read = {columns[field] for each in scorecard.characteristics for field in each.fields}

        assert read & {each.column for each in mapping.protected} == set()

    @given(applicants, st.sampled_from([2, 7, 100]))
    def test_the_unit_of_the_amounts_does_not_matter(self, scorecard, facts, times):
        in_fen = {**facts, **{name: facts[name] * times for name in AMOUNTS}}

        assert score(scorecard, in_fen) == score(scorecard, facts)


class TestCharacteristics:
    @pytest.mark.parametrize("each", longer.characteristics + scorecard.characteristics, ids=lambda each: each.name)
    def test_have_points_in_the_declared_order_and_the_unknown_is_no_best_answer(self, each):
        better = next(found.better for found in mapping.inputs if found.name == each.name)

        if isinstance(each.bins, NumericBins):
            assert list(each.bins.points) == sorted(each.bins.points, reverse=better is Better.LOWER)
        assert each.missing < each.best
        assert set(each.label) == set(each.help) == {"en", "zh-Hans", "zh-Hant"}

    def test_a_strong_and_a_weak_applicant(self):
        strong = {"years_in_job": 20, "home": "owner", "months": 24, "past_defaults": "no", "job": "fixed"}
        strong |= {
            "expenses": 45,
            "income": 300,
            "assets": 20_000,
            "debt": 0,
            "amount": 400,
        }
        weak = {"years_in_job": 0, "home": "rent", "months": 60, "past_defaults": "yes", "job": "partime"}
        weak |= {"expenses": 75, "income": 60, "assets": 0, "debt": 500, "amount": 1_500}

        assert score(scorecard, strong).points > 600
        assert score(scorecard, weak).points < 400
        assert [each.characteristic.name for each in shortfalls(scorecard, score(scorecard, weak))] == [
            "past_defaults",
            "job",
            "assets_to_loan",
            "expenses_to_income",
        ]


@pytest.mark.parametrize("name", MAPPING_OF)
class TestCard:
    def test_says_what_the_artifact_says(self, name):
        artifact = json.loads((SCORECARDS / f"{name}.json").read_bytes())
        text = (CARDS / f"{name}.md").read_text(encoding="utf-8")

        assert artifact["training"]["data_sha256"] in text
        assert artifact["training"]["mapping_sha256"] in text
        assert f"| AUC | {artifact['metrics']['hold_out']['auc']['value']:.4f} |" in text
        assert "must be re-trained" in " ".join(text.split())
        assert "refer to a person and never refuse" in " ".join(text.split())

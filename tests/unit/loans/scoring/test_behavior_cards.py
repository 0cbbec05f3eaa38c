"""The behavior scorecards: a month more behind never raises them, and they know months and nothing of a person."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.domain.behavior import FIELDS, History, fields_of_history
from loans.domain.scorecards import parse_artifact, score
from loans.scoring.mapping import load_mapping
from tests.unit.loans.scoring.artifacts import BEHAVIOR_OF, CARDS, SCORECARDS

NAMES = list(BEHAVIOR_OF)
ARTIFACTS = {name: json.loads((SCORECARDS / f"{name}.json").read_bytes()) for name in NAMES}
behinds = st.lists(st.integers(0, 9), min_size=3, max_size=6)


def card_of(name):
    return parse_artifact(ARTIFACTS[name])


@pytest.mark.parametrize("name", NAMES)
class TestBehavior:
    @given(behinds, st.data())
    def test_a_month_further_behind_never_raises_the_points(self, name, months, data):
        place = data.draw(st.integers(0, len(months) - 1))
        later = [*months[:place], min(9, months[place] + 1), *months[place + 1 :]]

        before, after = (score(card_of(name), fields_of_history(History(tuple(each)))) for each in (months, later))

        assert after.points <= before.points

    def test_reads_months_only(self, name):
        read = {field for each in card_of(name).characteristics for field in each.fields}

        assert read <= set(FIELDS)
        assert {each.name for each in load_mapping(BEHAVIOR_OF[name]).protected} == {
            "age",
            "sex",
            "education",
            "marital_status",
        }

    def test_the_unknown_is_worth_less_than_the_best_and_says_what_would_help(self, name):
        for each in card_of(name).characteristics:
            assert each.missing < each.best
            assert set(each.label) == set(each.help) == {"en", "zh-Hans", "zh-Hant"}

    def test_its_card_says_what_the_artifact_says(self, name):
        text = (CARDS / f"{name}.md").read_text(encoding="utf-8")

        assert ARTIFACTS[name]["training"]["data_sha256"] in text
        assert f"| AUC | {ARTIFACTS[name]['metrics']['hold_out']['auc']['value']:.4f} |" in text
        assert "applicant" not in text
        assert "never opens a lead by itself" in " ".join(text.split())


class TestCards:
    def test_a_smaller_share_of_the_limit_and_a_larger_share_of_the_bill_raise_the_points(self):
        card = card_of("behavior-2")
        bills = tuple(map(Decimal, (9_000, 9_000, 9_000, 9_000)))
        paid = tuple(map(Decimal, (100, 100, 100, 100)))

        tight = History((0, 0, 0), bills, paid, Decimal(8_000))
        roomy = History((0, 0, 0), bills, bills, Decimal(90_000))

        assert [score(card, fields_of_history(each)).points for each in (tight, roomy)] == [539, 551]

    def test_a_loan_without_a_bill_is_worth_what_is_not_known(self):
        found = score(card_of("behavior-2"), fields_of_history(History((0, 0, 0)))).by_characteristic

        assert (found["share_paid"], found["utilization"]) == (0, 3)


@pytest.mark.parametrize(
    ("months", "points"), [((0,) * 6, 544), ((1, 0, 0, 0, 0, 0), 507), ((2, 1, 0, 0, 0, 0), 469), ((0, 1, 0), 522)]
)
def test_what_some_histories_are_worth(months, points):
    assert score(card_of("behavior-1"), fields_of_history(History(months))).points == points

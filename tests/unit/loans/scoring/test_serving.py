"""The champion decides, the challenger is scored beside it, and the same application always gets the same scorecard."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.kernel.errors import DomainError
from loans.domain.scorecards import score
from loans.domain.scoring_facts import Housing, ScoringFacts, Work, fields_of
from loans.scoring.mapping import NEVER_INPUTS
from loans.scoring.serving import (
    InvalidRelease,
    Releases,
    behavior_releases,
    current_releases,
    expected,
    parse_releases,
    scorecard,
    serve,
)

FACTS = ScoringFacts(
    amount=12_000_00,
    months=12,
    income=10_000_00,
    expenses=4_000_00,
    assets=60_000_00,
    debt=0,
    has_past_defaults=False,
    work=Work.FIXED,
    years_in_job=4,
    housing=Housing.RENT,
)
BOTH = Releases("applications-2", "applications-3", "try", 0)


class TestServe:
    def test_scores_by_the_champion_and_keeps_the_challenger_beside_it(self):
        served = serve(FACTS, reference="DA-1", releases=BOTH)

        read = fields_of(FACTS)
        assert served.decider == "applications-2"
        assert served.scored == score(scorecard("applications-2"), read)
        assert served.points == {
            "applications-2": score(scorecard("applications-2"), read).points,
            "applications-3": score(scorecard("applications-3"), read).points,
        }
        assert served.facts == read
        assert 1 <= len(served.shortfalls) <= 4

    def test_the_challenger_decides_for_its_share_and_again_for_the_same_references(self):
        split = replace(BOTH, share_bps=2_000)
        deciders = [split.decider_of(f"DA-{number}") for number in range(5_000)]

        assert 900 <= deciders.count("applications-3") <= 1_100
        assert deciders == [split.decider_of(f"DA-{number}") for number in range(5_000)]
        assert deciders != [replace(split, experiment="other").decider_of(f"DA-{number}") for number in range(5_000)]

    def test_without_a_challenger_only_the_champion_is_scored(self):
        assert list(serve(FACTS, reference="DA-1", releases=Releases("applications-3")).points) == ["applications-3"]

    def test_of_an_applicant_of_whom_nothing_is_known_is_a_score_too(self):
        assert serve(ScoringFacts(amount=1, months=3), reference="DA-1").scored.points < 500

    @given(st.sampled_from(Work), st.sampled_from(Housing), st.booleans())
    def test_every_answer_is_one_that_the_longer_scorecard_was_trained_on(self, work, housing, defaults):
        read = fields_of(replace(FACTS, work=work, housing=housing, has_past_defaults=defaults))

        for each in scorecard("applications-3").characteristics:
            assert each.place_of(read) < len(each.bins.points)

    def test_knows_no_protected_attribute(self):
        words = {word for each in fields(ScoringFacts) for word in each.name.split("_")}

        assert words & NEVER_INPUTS == set()


class TestReleases:
    def test_of_the_project_only_watch_the_challenger(self):
        assert current_releases() == Releases("applications-2", "applications-3", "years-in-job-and-housing", 0)
        assert behavior_releases() == Releases("behavior-1", "behavior-2", "bills-and-limits", 0)

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"champion": "applications-9"}, "invalid_release", "champion"),
            ({"challenger": "../releases"}, "invalid_release", "challenger"),
            ({"challenger": "applications-2"}, "invalid_release", "challenger"),
            ({"share_bps": 5_001}, "invalid_input", "share_bps"),
            ({"chalenger": "applications-3"}, "unknown_field", "chalenger"),
        ],
    )
    def test_that_cannot_be_followed_are_refused(self, change, code, field):
        with pytest.raises(DomainError) as refusal:
            parse_releases({"champion": "applications-2", "share_bps": 0, **change})

        assert (refusal.value.code, refusal.value.field) == (code, field)

    def test_a_scorecard_that_is_not_there_has_no_distribution(self):
        with pytest.raises(InvalidRelease):
            expected("applications-9")

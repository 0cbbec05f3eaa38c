"""What is drawn of a week's work, and what a scorecard comes to."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_mgmt.domain.quality import Answer, Drawn, Piece, Result, Why, drawn_of, judged
from dashu.policy.quality import Draw, Question, Sampling, Work, sampling_of, scorecard_of

CONTACT, NOTE = Work.CONTACT, Work.NOTE
YES, NO, NA = Answer.YES, Answer.NO, Answer.NOT_APPLICABLE
LANGUAGES = {"en": "?", "zh-hans": "？", "zh-hant": "？"}
RULES = Sampling(
    work={CONTACT: Draw(Decimal("0.05"), 2), NOTE: Draw(Decimal("0.02"), 1)},
    raised=Draw(Decimal("0.25"), 1),
    complaint_days=30,
    due_days=7,
    few=10,
)


def contacts(number: int, *, person: int = 1, raised: Why | None = None, first: int = 0) -> list[Piece]:
    return [Piece(CONTACT, first + key, person, raised) for key in range(number)]


def draw(pieces, seed="a") -> list[Drawn]:
    return drawn_of(pieces, rules=RULES, seed=seed)


class TestDraw:
    @pytest.mark.parametrize(("number", "drawn"), [(0, 0), (1, 1), (2, 2), (40, 2), (41, 3), (100, 5), (101, 6)])
    def test_is_a_share_rounded_up_and_no_less_than_the_least(self, number, drawn):
        assert RULES.work[CONTACT].of(number) == drawn

    def test_is_made_for_each_person_and_each_kind_of_work(self):
        pieces = [*contacts(60), *contacts(10, person=2, first=60), *(Piece(NOTE, key, 1) for key in range(10))]

        found = [(each.piece.person, each.piece.work) for each in draw(pieces)]

        assert sorted(found) == [(1, CONTACT)] * 3 + [(1, NOTE)] + [(2, CONTACT)] * 2

    def test_is_the_same_for_the_same_seed_and_another_for_another(self):
        pieces = contacts(1000)

        assert draw(pieces) == draw(reversed(pieces))
        assert {each.piece for each in draw(pieces)} != {each.piece for each in draw(pieces, seed="b")}

    def test_takes_more_of_those_who_complained_or_need_care_and_says_so(self):
        pieces = [*contacts(100), *contacts(40, raised=Why.CARE, first=100)]

        found = draw(pieces)

        at_random = [each for each in found if each.why is Why.RANDOM]
        for_care = [each for each in found if each.why is Why.CARE]
        assert len(at_random) == 7
        assert len(for_care) == 10 - sum(each.piece.raised is not None for each in at_random)
        assert all(each.piece.raised is Why.CARE for each in for_care)

    @given(st.lists(st.sampled_from([None, Why.COMPLAINT, Why.CARE]), max_size=60), st.text(max_size=5))
    def test_never_takes_one_piece_twice(self, raised, seed):
        pieces = [Piece(CONTACT, key, key % 3, why) for key, why in enumerate(raised)]

        found = [each.piece for each in draw(pieces, seed)]

        assert len(found) == len(set(found))
        assert set(found) <= set(pieces)


def question(code: str, weight: int, *, is_critical: bool = False) -> Question:
    return Question(code, weight, is_critical, frozenset({CONTACT}), LANGUAGES)


CARD = (question("TONE", 50, is_critical=True), question("HELP", 30), question("FIGURES", 20))


def judge(tone: Answer, help_offered: Answer, figures: Answer):
    return judged(CARD, {"TONE": tone, "HELP": help_offered, "FIGURES": figures}, pass_bps=8000)


class TestJudged:
    @pytest.mark.parametrize(
        ("answers", "score", "result"),
        [
            ((YES, YES, YES), 10_000, Result.PASSED),
            ((YES, YES, NO), 8000, Result.PASSED),
            ((YES, NO, YES), 7000, Result.FAILED),
            ((YES, NA, NO), 7142, Result.FAILED),
            ((NA, YES, NA), 10_000, Result.PASSED),
            ((NA, NO, NA), 0, Result.FAILED),
        ],
    )
    def test_counts_the_weights_of_what_applies(self, answers, score, result):
        found = judge(*answers)

        assert (found.score_bps, found.result, found.critical) == (score, result, ())

    def test_fails_the_whole_on_something_critical(self):
        found = judge(NO, YES, YES)

        assert (found.score_bps, found.result, found.critical) == (0, Result.CRITICAL, ("TONE",))

    def test_is_nothing_where_nothing_applies(self):
        assert judge(NA, NA, NA) is None


class TestRules:
    SAMPLING = {
        "work": {"CONTACT": {"share": "0.05", "least": 2}, "NOTE": {"share": "0.02", "least": 1}},
        "raised": {"share": "0.25", "least": 1},
        "complaint_days": 30,
        "due_days": 7,
        "few": 10,
    }
    ASKED = {"code": "A", "weight": 1, "of": ["CONTACT", "NOTE"], "ask": LANGUAGES}

    def test_are_read_as_written(self):
        assert sampling_of(self.SAMPLING) == RULES

    @pytest.mark.parametrize(
        "wrong",
        [
            {"work": {"CONTACT": {"share": "0.05", "least": 2}}},
            {"raised": {"share": "1.01", "least": 1}},
            {"raised": {"share": "0.5", "least": -1}},
            {"due_days": 0},
            {"few": 0},
        ],
    )
    def test_refuse_a_draw_that_cannot_be_made(self, wrong):
        with pytest.raises(ValueError):
            sampling_of({**self.SAMPLING, **wrong})

    @pytest.mark.parametrize(
        ("share", "asked"),
        [
            ("0", [ASKED]),
            ("0.8", [ASKED, ASKED]),
            ("0.8", [{**ASKED, "of": ["CONTACT"]}]),
            ("0.8", [{**ASKED, "weight": 0}]),
            ("0.8", [{**ASKED, "ask": {"en": "?"}}]),
        ],
    )
    def test_refuse_a_scorecard_that_cannot_be_asked(self, share, asked):
        with pytest.raises(ValueError):
            scorecard_of({"pass": share, "questions": asked})

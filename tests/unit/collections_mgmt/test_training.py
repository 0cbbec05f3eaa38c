"""The walk of training as data: complete in each language, one right choice a step, and how one gets through it."""

from copy import deepcopy
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import yaml

from collections_mgmt.domain.training import FILE, Progress, read_walk, walk_of_training

WALK = walk_of_training()
READ = WALK.steps[0]
RIGHT, WRONG = "BANNERS", "AMOUNT"
# Keys of the acts on the page of a real file.
KEYS = set("axphsmb")


@pytest.fixture
def raw():
    return deepcopy(yaml.safe_load(FILE.read_text(encoding="utf-8")))


class TestWalk:
    def test_leads_through_what_a_new_collector_needs(self):
        assert [step.code for step in WALK.steps] == [
            "READ",
            "GUARD",
            "IDENTITY",
            "PROMISE",
            "HOLD",
            "HELP",
            "CLOSING",
            "NOTE",
        ]

    def test_uses_the_keys_of_real_files(self):
        assert {choice.key for step in WALK.steps for choice in step.choices} <= KEYS

    def test_adds_up(self):
        *before, left = [minor for _name, minor in WALK.month]

        assert before[0] - before[1] - before[2] == left == WALK.amounts["left"]
        assert WALK.amounts["part"] <= left
        assert WALK.amounts["overdue"] == sum(loan[1] for loan in WALK.loans)

    def test_asks_the_guard_with_days_that_count_from_today(self):
        zone = ZoneInfo("Asia/Shanghai")

        question = WALK.steps[1].guard[0].on(date(2026, 3, 20), zone)

        assert question.now == datetime(2026, 3, 20, 22, 40, tzinfo=zone)
        assert question.history[0].at == datetime(2026, 3, 19, 15, 10, tzinfo=zone)
        assert (question.zone, question.attempt.party, question.case.dpd) == (zone, "BORROWER", 12)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda raw: raw["steps"][0]["choices"][0].pop("is_right"),
            lambda raw: raw["steps"][0]["choices"][1].update(is_right=True),
            lambda raw: raw["steps"][0]["choices"][1].update(key="a"),
            lambda raw: raw["steps"][0]["told"].pop("zh-hant"),
            lambda raw: raw["steps"][0]["told"].update(en=" "),
            lambda raw: raw["steps"][0]["told"].update(en="{unknown}"),
            lambda raw: raw["steps"].append(raw["steps"][0]),
            lambda raw: raw["steps"].clear(),
        ],
    )
    def test_is_refused_when_it_is_not_whole(self, raw, spoil):
        spoil(raw)

        with pytest.raises((ValueError, KeyError)):
            read_walk(raw)


class TestProgress:
    def test_goes_on_after_the_right_choice_only(self):
        begun = Progress()

        assert begun.went_on(WALK, "READ") == begun
        wrong = begun.chosen(WALK, "READ", WRONG)
        assert (wrong, wrong.went_on(WALK, "READ")) == (Progress(0, (WRONG,), 0), wrong)
        right = wrong.chosen(WALK, "READ", RIGHT)
        assert right == Progress(0, (WRONG, RIGHT), 0)
        assert right.went_on(WALK, "READ") == Progress(1)

    def test_counts_what_was_right_at_once(self):
        assert Progress().chosen(WALK, "READ", RIGHT) == Progress(0, (RIGHT,), 1)

    @pytest.mark.parametrize(("step", "choice"), [("GUARD", "WAIT"), ("READ", "NOWHERE"), ("READ", WRONG)])
    def test_a_choice_of_another_step_an_unknown_one_or_a_second_time_changes_nothing(self, step, choice):
        tried = Progress(0, (WRONG,))

        assert tried.chosen(WALK, step, choice) == tried

    def test_nothing_is_chosen_after_the_right_one_or_after_the_end(self):
        solved, done = Progress(0, (RIGHT,), 1), Progress(len(WALK.steps))

        assert solved.chosen(WALK, "READ", WRONG) == solved
        assert (done.chosen(WALK, "READ", RIGHT), done.went_on(WALK, "READ")) == (done, done)
        assert done.is_done(WALK)
        assert not done.is_solved(WALK)

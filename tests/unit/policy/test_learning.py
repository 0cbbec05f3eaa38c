from datetime import date

import pytest

from dashu.policy.learning import Moment, encouragement_of, just_in_time_of, repeats_of
from dashu.policy.pack_files import pack_file
from education.domain.lessons import slugs
from education.models import LearningMoment

TODAY = date(2026, 11, 30)
MOMENTS = {"OVERDUE": {"lesson": "overdue", "has_message": True}}
JUST_IN_TIME = {
    "messages_a_month": 2, "card_days": 30, "not_now_days": 7, "first_due_days": 5, "inquiries": 2, "within_days": 30,
    "moments": MOMENTS,
}  # fmt: skip


class TestPack:
    def test_names_lessons_that_there_are_for_every_moment(self):
        rules = pack_file("cn").value("education.just_in_time", on=TODAY)

        assert set(rules.moments) == set(Moment)
        assert {rule.lesson for rule in rules.moments.values()} <= set(slugs())

    def test_holds_nobody_out_until_somebody_decides_so(self):
        assert pack_file("cn").value("education.encouragement", on=TODAY).holdout.share_bps == 0

    def test_repeats_after_3_10_and_30_days_two_a_day(self):
        rules = pack_file("cn").value("education.repeats", on=TODAY)

        assert (rules.after_days, rules.questions_a_day) == ((3, 10, 30), 2)

    def test_the_moments_are_those_of_the_rows(self):
        assert {moment.value for moment in Moment} == set(LearningMoment.Moment.values)


class TestReading:
    @pytest.mark.parametrize(
        "changed",
        [
            {"moments": {"WEATHER": MOMENTS["OVERDUE"]}},
            {"moments": {"OVERDUE": {"lesson": "Overdue!", "has_message": True}}},
            {"moments": {"OVERDUE": {"lesson": "overdue"}}},
            {"moments": {"OVERDUE": {"lesson": "overdue", "has_message": 1}}},
            {"card_days": 0},
            {"messages_a_month": -1},
            {"inquiries": "2"},
        ],
    )
    def test_a_rule_that_cannot_be_meant_is_refused(self, changed):
        with pytest.raises((ValueError, TypeError)):
            just_in_time_of({**JUST_IN_TIME, **changed})

    @pytest.mark.parametrize("value", [{"after_days": [3, 3]}, {"after_days": []}, {"after_days": [0, 1]}])
    def test_waits_rise(self, value):
        with pytest.raises(ValueError, match=r"rising|above 0"):
            repeats_of({"questions_a_day": 2, "mastered_after": 0, **value})

    def test_a_skill_cannot_need_more_waits_than_there_are(self):
        with pytest.raises(ValueError, match="between 0 and 1"):
            repeats_of({"after_days": [3], "questions_a_day": 2, "mastered_after": 2})

    def test_an_experiment_has_a_name_and_holds_half_of_the_people_out_at_most(self):
        about = {"window_days": 60, "least": 50}

        for value in ({"experiment": "", "share_bps": 100}, {"experiment": "a", "share_bps": 5001}):
            with pytest.raises(ValueError, match=r"name|between"):
                encouragement_of({**value, **about})

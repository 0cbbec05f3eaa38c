from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.calendars import CALENDARS, BusinessDay, UnknownCalendar, adjusted, calendar_of
from tests.unit.finance.cases import golden

days = st.dates(date(1970, 1, 1), date(2199, 12, 31))
calendars = st.sampled_from(sorted(CALENDARS)).map(calendar_of)
CHINA = calendar_of("cn")


class TestBusinessDays:
    @pytest.mark.parametrize("case", golden("business_days_cn"), ids=lambda case: f"{case['day']} {case['what']}")
    def test_in_china_are_those_of_the_yearly_notice(self, case):
        day = date.fromisoformat(case["day"])

        assert CHINA.is_business_day(day) is (case["is_business_day"] == "yes")
        assert CHINA.is_published(day) is True

    def test_of_a_year_before_its_notice_are_the_weekdays_but_for_the_fixed_holidays(self):
        year = [date(2150, 1, 1) + timedelta(days=n) for n in range(365)]

        rested = [day for day in year if day.weekday() < 5 and not CHINA.is_business_day(day)]

        assert rested == [date(2150, 1, 1), date(2150, 5, 1), date(2150, 10, 1), date(2150, 10, 2)]
        assert any(day.weekday() >= 5 and CHINA.is_business_day(day) for day in year) is False
        assert any(CHINA.is_published(day) for day in year) is False

    def test_of_weekends_are_published_for_ever(self):
        weekends = calendar_of("weekends")

        assert weekends.is_published(date(2199, 12, 31)) is True
        assert weekends.is_business_day(date(2026, 2, 16)) is True
        assert weekends.is_business_day(date(2026, 2, 14)) is False

    def test_an_unknown_calendar_is_refused_with_those_there_are(self):
        with pytest.raises(UnknownCalendar) as refusal:
            calendar_of("mars", field="terms.calendar")

        assert refusal.value.code == "unknown_calendar"
        assert refusal.value.field == "terms.calendar"
        assert str(refusal.value) == "There is no calendar 'mars'. Choose one of: weekends, cn."


class TestAdjusted:
    @pytest.mark.parametrize(
        "case", golden("adjusted_days"), ids=lambda case: f"{case['calendar']} {case['day']} {case['rule']}"
    )
    def test_moves_as_its_rule_says(self, case):
        day, calendar = date.fromisoformat(case["day"]), calendar_of(case["calendar"])

        assert adjusted(day, BusinessDay(case["rule"]), calendar) == date.fromisoformat(case["adjusted"])

    @given(day=days, calendar=calendars, rule=st.sampled_from(BusinessDay))
    def test_ends_on_a_business_day_and_only_moves_from_another(self, day, calendar, rule):
        moved = adjusted(day, rule, calendar)

        assert rule is BusinessDay.NONE or calendar.is_business_day(moved)
        assert moved == day or not calendar.is_business_day(day)

    @given(day=days, calendar=calendars)
    def test_modified_following_stays_in_the_month(self, day, calendar):
        moved = adjusted(day, BusinessDay.MODIFIED_FOLLOWING, calendar)

        assert (moved.year, moved.month) == (day.year, day.month)

    @given(day=days, calendar=calendars)
    def test_no_business_day_lies_between(self, day, calendar):
        earlier = adjusted(day, BusinessDay.PRECEDING, calendar)
        later = adjusted(day, BusinessDay.FOLLOWING, calendar)

        between = [earlier + timedelta(days=n) for n in range(1, (later - earlier).days)]

        assert earlier <= day <= later
        assert any(calendar.is_business_day(each) for each in between) is False

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.periods import DueRule, InvalidDueRule, Period
from dashu.kernel.dates import add_months
from tests.unit.finance.cases import golden

starts = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def rule_of(case: dict[str, str]) -> DueRule:
    return DueRule(
        Period(case["period"]),
        every=int(case["every"]),
        first_due_on=date.fromisoformat(case["first_due_on"]) if case["first_due_on"] else None,
        due_day=int(case["due_day"]) if case.get("due_day") else None,
        second_due_day=int(case["second_due_day"]) if case.get("second_due_day") else None,
        end_of_month=case.get("end_of_month") == "yes",
    )


@st.composite
def rules(draw: st.DrawFn) -> DueRule:
    """Rules without a first due date of their own."""
    period = draw(st.sampled_from(Period))
    by_days = period in (Period.DAY, Period.WEEK)
    due_day = None if by_days else draw(st.none() | st.integers(1, 31))
    pair = period is Period.HALF_MONTH and due_day is not None and due_day <= 27 and draw(st.booleans())
    return DueRule(
        period,
        every=draw(st.integers(1, 12)),
        due_day=due_day,
        second_due_day=draw(st.integers(due_day + 1, 31)) if pair else None,
        end_of_month=not by_days and due_day is None and draw(st.booleans()),
    )


class TestDueDates:
    @pytest.mark.parametrize("case", golden("due_dates"), ids=lambda case: f"{case['period']} {case['source']}")
    def test_fall_where_the_rule_says(self, case):
        expected = [date.fromisoformat(day) for day in case["due_dates"].split()]

        assert rule_of(case).due_dates(date.fromisoformat(case["start"]), len(expected)) == expected

    def test_31_january_then_28_february_then_31_march(self):
        rule = DueRule(Period.MONTH)

        assert rule.due_dates(date(2026, 1, 31), 4) == [
            date(2026, 2, 28),
            date(2026, 3, 31),
            date(2026, 4, 30),
            date(2026, 5, 31),
        ]

    def test_from_29_february(self):
        assert DueRule(Period.MONTH, every=12).due_dates(date(2024, 2, 29), 4) == [
            date(2025, 2, 28),
            date(2026, 2, 28),
            date(2027, 2, 28),
            date(2028, 2, 29),
        ]

    def test_a_due_day_is_kept_where_a_month_has_it(self):
        assert DueRule(Period.MONTH, due_day=30).due_dates(date(2026, 1, 10), 3) == [
            date(2026, 2, 28),
            date(2026, 3, 30),
            date(2026, 4, 30),
        ]

    def test_counts_from_the_first_due_date(self):
        rule = DueRule(Period.MONTH, first_due_on=date(2026, 2, 28), due_day=31)

        assert rule.due_dates(date(2026, 1, 10), 3) == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
        assert rule.is_consistent is True

    def test_weeks_and_days(self):
        assert DueRule(Period.WEEK, every=2).due_dates(date(2026, 1, 1), 2) == [date(2026, 1, 15), date(2026, 1, 29)]
        assert DueRule(Period.DAY, every=10).due_dates(date(2026, 1, 1), 2) == [date(2026, 1, 11), date(2026, 1, 21)]

    @pytest.mark.parametrize(
        ("rule", "is_consistent"),
        [
            (DueRule(Period.MONTH, first_due_on=date(2026, 2, 15), due_day=20), False),
            (DueRule(Period.QUARTER, first_due_on=date(2026, 2, 28), due_day=31), True),
            (DueRule(Period.HALF_MONTH, first_due_on=date(2026, 2, 28), due_day=15), True),
            (DueRule(Period.HALF_MONTH, first_due_on=date(2026, 2, 16), due_day=15), False),
            (DueRule(Period.HALF_MONTH, first_due_on=date(2026, 2, 25), due_day=10, second_due_day=25), True),
            (DueRule(Period.WEEK, first_due_on=date(2026, 2, 16), due_day=15), True),
        ],
    )
    def test_a_first_due_date_off_the_due_day_is_inconsistent(self, rule, is_consistent):
        assert rule.is_consistent is is_consistent

    @given(rule=rules(), start=starts)
    def test_come_one_after_the_other_and_two_half_months_make_a_month(self, rule, start):
        dues = rule.due_dates(start, 30)

        assert [start, *dues] == sorted({start, *dues})
        if rule.period is Period.HALF_MONTH and rule.every == 1:
            assert [(due.year, due.month) for due in dues[2:]] == [
                (later.year, later.month) for later in (add_months(due, 1) for due in dues[:-2])
            ]

    @given(rule=rules().filter(lambda rule: rule.months is not None), start=starts)
    def test_never_drift_from_their_due_days(self, rule, start):
        dues = rule.due_dates(start, 60)
        aims = {due.day for due in dues if (due + timedelta(days=1)).day != 1}

        assert len(aims) <= (2 if rule.period is Period.HALF_MONTH else 1)

    @given(start=starts, period=st.sampled_from([Period.MONTH, Period.QUARTER, Period.YEAR]))
    def test_follow_the_end_of_the_month_from_the_end_of_a_month_only(self, start, period):
        ends_month = (start + timedelta(days=1)).day == 1
        followed = DueRule(period, end_of_month=True).due_dates(start, 24)

        if ends_month:
            assert all((due + timedelta(days=1)).day == 1 for due in followed)
        else:
            assert followed == DueRule(period).due_dates(start, 24)


class TestContradictions:
    @pytest.mark.parametrize(
        ("parts", "field"),
        [
            ({"period": Period.MONTH, "due_day": 10, "second_due_day": 25}, "second_due_day"),
            ({"period": Period.HALF_MONTH, "second_due_day": 25}, "second_due_day"),
            ({"period": Period.HALF_MONTH, "due_day": 25, "second_due_day": 10}, "second_due_day"),
            ({"period": Period.HALF_MONTH, "due_day": 10, "second_due_day": 32}, "second_due_day"),
            ({"period": Period.HALF_MONTH, "due_day": 29, "second_due_day": 31}, "due_day"),
            ({"period": Period.WEEK, "end_of_month": True}, "end_of_month"),
            ({"period": Period.MONTH, "due_day": 31, "end_of_month": True}, "end_of_month"),
        ],
    )
    def test_are_refused_with_the_part_to_change(self, parts, field):
        with pytest.raises(InvalidDueRule) as refusal:
            DueRule(**parts)

        assert refusal.value.code == "invalid_due_rule"
        assert refusal.value.field == field


class TestFirstPeriod:
    @pytest.mark.parametrize(
        ("rule", "periods"),
        [
            (DueRule(Period.MONTH), "1"),
            (DueRule(Period.MONTH, first_due_on=date(2026, 2, 15)), "1"),
            (DueRule(Period.MONTH, first_due_on=date(2026, 3, 15)), "2"),
            (DueRule(Period.MONTH, first_due_on=date(2026, 1, 30)), "0.5"),
            (DueRule(Period.MONTH, due_day=25), "1.333333"),
            (DueRule(Period.MONTH, due_day=25, first_due_on=date(2026, 2, 25)), "1.333333"),
            (DueRule(Period.WEEK, first_due_on=date(2026, 1, 29)), "2"),
            (DueRule(Period.WEEK, every=2, first_due_on=date(2026, 1, 22)), "0.5"),
            (DueRule(Period.DAY, every=10, first_due_on=date(2026, 1, 30)), "1.5"),
            (DueRule(Period.HALF_MONTH, due_day=10), "0.666667"),
            (DueRule(Period.QUARTER, due_day=15), "1"),
            (DueRule(Period.YEAR, every=2, first_due_on=date(2027, 1, 15)), "0.5"),
        ],
    )
    def test_counts_whole_periods_back_and_the_rest_in_days(self, rule, periods):
        assert round(rule.first_period(date(2026, 1, 15)), 6) == Decimal(periods)

    @pytest.mark.parametrize("case", golden("first_periods"), ids=lambda case: f"{case['period']} {case['periods']}")
    def test_of_the_rules_and_examples_in_regulation_z(self, case):
        expected = sum(Fraction(part) for part in case["periods"].split(" + "))

        found = rule_of(case).first_period(date.fromisoformat(case["start"]))

        assert found == Decimal(expected.numerator) / expected.denominator

    @pytest.mark.parametrize(
        ("rule", "start", "is_regular"),
        [
            (DueRule(Period.MONTH, due_day=31), date(2026, 2, 28), True),
            (DueRule(Period.MONTH, due_day=15, first_due_on=date(2026, 2, 15)), date(2026, 1, 10), False),
            (DueRule(Period.MONTH, due_day=15, first_due_on=date(2026, 2, 15)), date(2026, 1, 15), True),
            (DueRule(Period.MONTH, first_due_on=date(2026, 3, 31)), date(2026, 2, 28), False),
            (DueRule(Period.MONTH, first_due_on=date(2026, 3, 31), end_of_month=True), date(2026, 2, 28), True),
            (DueRule(Period.HALF_MONTH), date(2026, 1, 31), True),
            (DueRule(Period.HALF_MONTH, due_day=1), date(2026, 1, 15), False),
            (DueRule(Period.HALF_MONTH, due_day=15, second_due_day=31), date(2026, 2, 28), True),
            (DueRule(Period.QUARTER, first_due_on=date(2026, 2, 28)), date(2025, 11, 30), True),
            (DueRule(Period.YEAR, first_due_on=date(2025, 2, 28)), date(2024, 2, 29), True),
            (DueRule(Period.WEEK, first_due_on=date(2026, 1, 9)), date(2026, 1, 1), False),
        ],
    )
    def test_is_regular_from_one_due_day_to_the_next(self, rule, start, is_regular):
        assert rule.starts_regularly(start) is is_regular

    @given(rule=rules(), start=starts)
    def test_is_1_only_from_a_due_day_and_always_more_than_0(self, rule, start):
        later = rule.due_dates(start, 2)[1]

        assert rule.first_period(start) > 0
        assert rule.starts_regularly(later) or rule.due_day is None


class TestPeriodsAYear:
    def test_by_convention(self):
        assert {period: DueRule(period).a_year for period in Period} == {
            Period.DAY: 365,
            Period.WEEK: 52,
            Period.HALF_MONTH: 24,
            Period.MONTH: 12,
            Period.QUARTER: 4,
            Period.YEAR: 1,
        }
        assert DueRule(Period.MONTH, every=5).a_year == Decimal("2.4")
        assert DueRule(Period.MONTH, every=24).a_year == Decimal("0.5")
        assert DueRule(Period.HALF_MONTH, every=2).a_year == 12

    def test_months_of_a_period(self):
        assert DueRule(Period.HALF_MONTH).months == Decimal("0.5")
        assert DueRule(Period.QUARTER, every=2).months == 6
        assert DueRule(Period.YEAR).months == 12
        assert DueRule(Period.WEEK).months is None

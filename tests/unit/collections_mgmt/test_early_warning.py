"""What fires a trigger: each at its edge."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from collections_mgmt.domain.early_warning import (
    change_of,
    income_dropped,
    income_is_late,
    is_bad_news,
    makes_a_lead,
    many_inquiries,
    newly_overdue,
    only_the_least,
    pays_later,
    revenue_dropped,
    score_is_down,
)

ON = date(2026, 9, 30)


@pytest.mark.parametrize(
    ("days", "fires"),
    [
        ([3, 3, 4, 9, 11, 12], True),
        ([3, 3, 3, 8, 8, 8], True),
        ([3, 3, 3, 7, 8, 8], False),
        ([-6, -6, -6, 2, 2, 3], False),  # later by far, and still hardly late
        ([-6, -6, -6, 3, 3, 3], True),
        ([3, 9, 9, 9], True),  # one before is enough to compare with
        ([9, 9, 9], False),
    ],
)
def test_pays_later(days, fires):
    assert pays_later(days, later_days=5, least_days=3) is fires


@pytest.mark.parametrize(
    ("paid", "fires"),
    [
        ([(150, 100), (100, 100), (100, 100), (100, 100), (100, 100), (100, 100)], True),
        ([(150, 100), (150, 100), (150, 100), (100, 100), (100, 100), (101, 100)], False),
        ([(100, 100)] * 6, False),
        ([(150, 100), (100, 100), (100, 100)], False),
        ([(150, 100), (100, 100), (100, 100), (99, 100)], False),
    ],
)
def test_only_the_least(paid, fires):
    assert only_the_least(paid, payments=3) is fires


@pytest.mark.parametrize(("ago", "fires"), [([0, 1, 29], True), ([0, 1, 30], False), ([0, 1], False)])
def test_many_inquiries(ago, fires):
    days = [ON - timedelta(days=each) for each in ago]

    assert many_inquiries(days, on=ON, inquiries=3, within_days=30) is fires


@pytest.mark.parametrize(("now", "before", "fires"), [(1, 0, True), (0, 0, False), (30, 1, False), (2, 0, True)])
def test_newly_overdue(now, before, fires):
    assert newly_overdue(now, before, days=1) is fires


@pytest.mark.parametrize(
    ("amount", "before", "fires"),
    [
        (7_500_00, [10_000_00] * 3, True),
        (7_500_01, [10_000_00] * 3, False),
        (1, [10_000_00] * 2, False),
        (7_500_00, [10_000_00, 10_000_00, 10_000_01], True),
    ],
)
def test_income_dropped(amount, before, fires):
    credits = [(date(2026, 2 + number, 20), minor) for number, minor in enumerate(before)]
    assert dropped([*credits, (date(2026, 5, 20), amount)], on=date(2026, 5, 20)) is fires


def dropped(credits, *, on):
    return income_dropped(credits, on=on, months=3, drop=Decimal("0.25"), least_credits=3)


@pytest.mark.parametrize("on", [date(2026, 5, 5), date(2026, 5, 20)])
def test_an_income_paid_in_two_parts_is_that_of_a_month(on):
    parts = {5: 6_000_00, 20: 2_000_00}
    credits = [(date(2026, month, day), minor) for month in range(1, 6) for day, minor in parts.items()]
    told = [(day, minor) for day, minor in credits if day <= on]

    assert not dropped(told, on=on)
    assert dropped([*told[:-2], (on, 2_000_00)], on=on)


@pytest.mark.parametrize("last", [date(2026, 2, 28), date(2026, 4, 30), date(2026, 6, 30)])
def test_an_income_on_the_last_day_of_a_month_is_counted_once(last):
    days = [date(2025, 10, 31), date(2025, 11, 30), date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)]
    days += [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
    credits = [(day, 10_000_00) for day in days if day < last]

    assert dropped([*credits, (last, 7_500_00)], on=last)


@pytest.mark.parametrize(
    ("latest", "on", "fires"),
    [
        (date(2026, 8, 15), date(2026, 9, 22), False),
        (date(2026, 8, 15), date(2026, 9, 23), True),
        (date(2026, 8, 15), date(2026, 9, 24), False),  # it was said the day before
        (date(2026, 1, 31), date(2026, 3, 8), True),
    ],
)
def test_income_is_late(latest, on, fires):
    assert income_is_late(latest, on=on, days=7) is fires


@pytest.mark.parametrize(
    ("months", "year_before", "fires"),
    [
        ([70, 70, 70], [100, 100, 100], True),
        ([70, 70, 71], [100, 100, 100], False),
        ([70, 70], [100, 100, 100], False),
        ([70, 70, 70], [100, 100], False),
        ([0, 0, 0], [0, 0, 0], False),
    ],
)
def test_revenue_dropped(months, year_before, fires):
    assert revenue_dropped(months, year_before, drop=Decimal("0.30"), count=3) is fires


@pytest.mark.parametrize(
    ("points", "earlier", "fires"),
    [(539, [570], True), (540, [570], False), (539, [569], False), (479, [500, 530], True), (500, [], False)],
)
def test_score_is_down(points, earlier, fires):
    assert score_is_down(points, earlier, edges=[480, 520, 540, 570, 600], bands=2) is fires


class TestSeries:
    def test_is_compared_with_the_same_date_before(self):
        values = {date(2025, 8, 1): Decimal("5.0"), date(2026, 7, 1): Decimal("9"), date(2026, 8, 1): Decimal("6.0")}

        found = change_of(values, on=ON, months=12, is_share=False)

        assert found is not None
        assert (found.date, found.value, found.before, found.change) == (
            date(2026, 8, 1),
            Decimal("6.0"),
            Decimal("5.0"),
            Decimal("1.0"),
        )

    def test_says_nothing_without_a_value_to_compare_with(self):
        assert change_of({date(2026, 8, 1): Decimal(6)}, on=ON, months=12, is_share=False) is None

    def test_says_nothing_when_it_is_stale(self):
        values = {date(2025, 3, 1): Decimal(5), date(2026, 3, 1): Decimal(9)}

        assert change_of(values, on=date(2026, 8, 30), months=12, is_share=False) is not None
        assert change_of(values, on=date(2026, 8, 31), months=12, is_share=False) is None

    @pytest.mark.parametrize(
        ("change", "bar", "is_bad"),
        [("1.0", "1.0", True), ("0.9", "1.0", False), ("-0.10", "-0.10", True), ("-0.09", "-0.10", False)],
    )
    def test_is_bad_news_from_its_bar_on(self, change, bar, is_bad):
        assert is_bad_news(Decimal(change), Decimal(bar)) is is_bad


@pytest.mark.parametrize(
    ("kinds", "enough"),
    [
        ({"A": False}, False),
        ({"A": False, "B": False}, True),
        ({"A": True}, True),
        ({}, False),
    ],
)
def test_two_weak_or_one_strong_make_a_lead(kinds, enough):
    assert makes_a_lead(kinds, needed=2, strong_needed=1) is enough

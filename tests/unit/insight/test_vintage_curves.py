"""Curves of loans that were ever far behind, worked by hand."""

from datetime import date

from dashu.insight.domain.vintage_curves import Sums, curves

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in range(1, 5))
MONTHS = [JANUARY, FEBRUARY, MARCH, APRIL]


def row(month: date, before: str, bucket: str, loans: int, ever: tuple[int, int, int] = (0, 0, 0)) -> Sums:
    """Loans of 100 each, paid out in January."""
    return Sums(JANUARY, month, before, bucket, loans, loans * 100, ever, [each * 100 for each in ever])


# Ten loans; in February two fall behind, in March one of them is settled after more than 30 days and three were ever
# that far; in April one more of those is written off after more than 90.
ROWS = [
    row(JANUARY, "NEW", "CURRENT", 10),
    row(FEBRUARY, "CURRENT", "CURRENT", 8),
    row(FEBRUARY, "CURRENT", "M1", 2),
    row(MARCH, "CURRENT", "M2", 2, (2, 0, 0)),
    row(MARCH, "CURRENT", "CURRENT", 6),
    row(MARCH, "M1", "SETTLED", 1, (1, 0, 0)),
    row(MARCH, "M1", "M1", 1),
    row(APRIL, "M2", "WRITTEN_OFF", 1, (1, 1, 1)),
    row(APRIL, "M2", "M3", 1, (1, 1, 0)),
    row(APRIL, "CURRENT", "CURRENT", 6),
    row(APRIL, "M1", "M1", 1),
    row(APRIL, "SETTLED", "SETTLED", 1, (1, 0, 0)),
]


def test_a_loan_that_ended_stays_in_the_curve():
    points = curves(ROWS, MONTHS)

    assert [(point.age, *point.ever) for point in points] == [(0, 0, 0, 0), (1, 0, 0, 0), (2, 3, 0, 0), (3, 3, 2, 1)]
    assert [point.ever_lent[0] for point in points] == [0, 0, 300, 300]
    assert {(point.loans, point.lent) for point in points} == {(10, 1_000)}


def test_a_loan_that_was_recorded_after_its_month_is_one_of_the_vintage():
    points = curves([*ROWS, row(FEBRUARY, "NEW", "M1", 2)], MONTHS)

    assert {(point.loans, point.lent) for point in points} == {(12, 1_200)}


def test_a_loan_that_came_back_is_counted_once_as_it_is_now():
    # The settled loan runs again in April, its last payment taken back, and is more than 60 days behind by then.
    rows = [each for each in ROWS if each.before != "SETTLED"] + [row(APRIL, "SETTLED", "M3", 1, (1, 1, 0))]

    points = curves(rows, MONTHS, came_back=[row(APRIL, "SETTLED", "M3", 1, (1, 0, 0))])

    assert points[-1].ever == [3, 3, 1]


def test_nothing_is_known_from_the_first_missing_month_on():
    rows = [each for each in ROWS if each.month != MARCH]

    points = curves(rows, MONTHS, missing={MARCH})

    assert [point.ever for point in points] == [[0, 0, 0], [0, 0, 0], None, None]


def test_a_vintage_whose_own_month_is_missing_has_no_curve():
    assert curves(ROWS, MONTHS, missing={JANUARY}) == []


def test_a_vintage_before_the_months_has_no_curve():
    assert curves(ROWS, [FEBRUARY, MARCH]) == []

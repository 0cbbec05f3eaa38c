from datetime import date

import pytest

from collections_mgmt.domain.credit_grid import Cell, Kind, Reading, grid_of
from dashu.finance.arrears import Band, Scale

READING = Reading(
    by_days=Scale((Band(0, "N"), Band(1, "1"), Band(31, "2"))),
    marks={"NOTHING_DUE": "*", "PAID_LATE_WITHIN_MONTH": "M", "SETTLED": "C", "BAD_DEBT": "B"},
    adverse={"BAD_DEBT"},
)
TODAY = date(2026, 6, 20)


def grid(noted, *, begins_on=date(2026, 1, 15), disputed=()):
    return grid_of(noted, READING, begins_on=begins_on, today=TODAY, disputed=disputed)


class TestReading:
    @pytest.mark.parametrize(
        ("code", "kind", "is_adverse"),
        [
            ("N", Kind.ON_TIME, False),
            ("*", Kind.NOTHING_DUE, False),
            ("M", Kind.PAID_LATE_WITHIN_MONTH, False),
            ("C", Kind.SETTLED, False),
            ("1", Kind.LATE, True),
            ("2", Kind.LATE, True),
            ("B", Kind.BAD_DEBT, True),
            ("?", Kind.UNKNOWN, False),
        ],
    )
    def test_tells_what_speaks_against_a_person(self, code, kind, is_adverse):
        assert READING.kind_of(code) is kind
        assert READING.is_adverse(kind) is is_adverse


class TestGrid:
    def test_has_a_row_a_year_and_a_column_a_month_the_newest_year_first(self):
        years = grid({date(2026, 1, 1): "N"}, begins_on=date(2024, 11, 3))

        assert [year.year for year in years] == [2026, 2025, 2024]
        assert all(len(year.cells) == 12 for year in years)
        assert years[0].cells[0] == Cell(date(2026, 1, 1), "N", Kind.ON_TIME)

    def test_the_present_month_is_open_and_those_after_and_before_the_loan_are_empty(self):
        [year] = grid({date(2026, 1, 1): "*", date(2026, 5, 1): "1"})

        kinds = [cell.kind for cell in year.cells]
        assert kinds[0] is Kind.NOTHING_DUE
        assert kinds[4] is Kind.LATE
        assert kinds[5] is Kind.OPEN
        assert set(kinds[6:]) == {Kind.NONE}

    def test_goes_back_sixty_months_and_no_further(self):
        years = grid({date(2021, 5, 1): "1", date(2021, 6, 1): "2"}, begins_on=date(2019, 1, 1))

        assert [year.year for year in years] == [2026, 2025, 2024, 2023, 2022, 2021]
        assert [cell.code for cell in years[-1].cells] == ["", "", "", "", "", "2", "", "", "", "", "", ""]

    def test_marks_a_disputed_month_alone(self):
        [year] = grid({date(2026, 4, 1): "1", date(2026, 5, 1): "2"}, disputed=[date(2026, 5, 1)])

        assert [cell.is_disputed for cell in year.cells[3:6]] == [False, True, False]

    def test_marks_every_noted_month_where_the_whole_loan_is_disputed(self):
        [year] = grid({date(2026, 4, 1): "1", date(2026, 5, 1): "2"}, disputed=[None])

        assert [cell.is_disputed for cell in year.cells[3:6]] == [True, True, False]

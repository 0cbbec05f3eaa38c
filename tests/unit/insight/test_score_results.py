"""What a score was worth: the worked example of the domain notes, cohorts, bands and what they promised."""

from datetime import date

import pytest

from dashu.insight.domain.score_results import Scored, calibration, discrimination_by_month
from loans.domain.discrimination import Scaling

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
# Domain notes 4.2: bad and good loans of four groups, from the worst to the best.
NOTES = [(500, 120, 380), (550, 100, 900), (600, 60, 1140), (650, 20, 580)]


def scored(month: date, *groups: tuple[int, int, int]) -> list[Scored]:
    """:param groups: points, bad and good loans."""
    return [
        each
        for points, bad, good in groups
        for each in (Scored(month, points, True, bad), Scored(month, points, False, good))
        if each.loans
    ]


class TestDiscrimination:
    def test_the_worked_example_of_the_notes(self):
        found, together = discrimination_by_month(scored(JANUARY, *NOTES))

        assert (found.month, found.loans, found.bad) == (JANUARY, 3300, 300)
        assert found.auc == pytest.approx(0.6989, abs=5e-5)
        assert found.ks == pytest.approx(0.3067, abs=5e-5)
        assert found.gini == pytest.approx(0.3978, abs=5e-5)
        assert (together.month, together.auc) == (None, found.auc)

    def test_each_month_stands_for_itself_and_all_together_last(self):
        rows = [*scored(FEBRUARY, (500, 1, 0), (600, 0, 1)), *scored(JANUARY, (500, 0, 1), (600, 1, 0))]

        found = discrimination_by_month(rows)

        assert [(each.month, each.auc) for each in found] == [(JANUARY, 0.0), (FEBRUARY, 1.0), (None, 0.5)]

    def test_where_nobody_fell_behind_nothing_is_said(self):
        found, _together = discrimination_by_month(scored(JANUARY, (500, 0, 10)))

        assert (found.loans, found.bad, found.auc, found.ks, found.gini) == (10, 0, None, None, None)
        assert found.is_few is True

    def test_no_loans_make_no_rows(self):
        assert discrimination_by_month([]) == []


class TestCalibration:
    def test_bands_hold_what_was_promised_against_what_came(self):
        # 600 points promise 1 bad loan to 50 good ones.
        worst, middle, best = calibration(scored(JANUARY, (600, 2, 98), (640, 0, 10)), [560, 640], Scaling())

        assert (worst.low, worst.below, worst.promised, worst.found.total) == (None, 560, None, 0)
        assert (middle.low, middle.below) == (560, 640)
        assert middle.promised == pytest.approx(1 / 51)
        assert (middle.found.count, middle.found.total, middle.is_as_promised) == (2, 100, True)
        assert (best.low, best.below, best.found.total) == (640, None, 10)

    def test_far_more_bad_loans_than_promised_are_seen(self):
        (band,) = calibration(scored(JANUARY, (600, 40, 60)), [], Scaling())

        assert (band.low, band.below, band.is_as_promised) == (None, None, False)

"""Offered and left alone beside each other, campaign by campaign."""

import pytest

from collections_mgmt.domain.relief_evidence import (
    HALF_YEAR,
    NOBODY,
    YEAR,
    Compared,
    Mean,
    Measure,
    Side,
    pooled,
    together,
)
from dashu.kernel.shares import Share, difference


def side(through, avoided, *, people=None, paid=(0, 0), year=0):
    """People of whom so many are through six months, and of these so many never far behind."""
    return Side(
        people=people or through,
        accepted=0,
        through={HALF_YEAR: through, YEAR: year},
        counts={measure: avoided if measure is Measure.AVOIDED else 0 for measure in Measure},
        paid={HALF_YEAR: Mean(through, *paid), YEAR: Mean(year, 0, 0)},
    )


class TestOneCampaign:
    def test_is_compared_like_a_trial_of_strategies(self):
        found = Compared([(side(70, 56), side(80, 48))], months=7, least=50)

        assert found.difference(Measure.AVOIDED) == difference(Share(56, 70), Share(48, 80))
        assert found.is_better(Measure.AVOIDED) is True

    def test_concludes_nothing_of_few_people(self):
        found = Compared([(side(49, 48), side(80, 20))], months=7, least=50)

        assert found.difference(Measure.AVOIDED) is not None
        assert found.is_ripe(HALF_YEAR) is True
        assert found.is_better(Measure.AVOIDED) is None

    def test_is_not_ripe_while_nobody_s_months_are_over(self):
        found = Compared([(side(0, 0, people=60), side(0, 0, people=60))], months=2, least=50)

        assert found.is_ripe(HALF_YEAR) is False
        assert found.difference(Measure.AVOIDED) is None
        assert found.is_better(Measure.AVOIDED) is None

    def test_calls_a_clear_rise_of_arrears_harm(self):
        found = Compared([(side(100, 40), side(100, 80))], months=7, least=50)

        assert found.is_better(Measure.AVOIDED) is False


class TestSeveralCampaigns:
    # One offers to most of its people, who do well anyway; in neither does an offer change anything.
    EASY = (side(900, 810), side(100, 90))
    HARD = (side(100, 50), side(900, 450))

    def test_are_compared_one_by_one_and_not_in_a_heap(self):
        found = Compared([self.EASY, self.HARD], months=7, least=50)

        gap = found.difference(Measure.AVOIDED)
        heap = difference(found.offered.share(Measure.AVOIDED), found.alone.share(Measure.AVOIDED))

        assert heap.value == pytest.approx(0.32)
        assert gap.value == pytest.approx(0)
        assert gap.is_clear is False

    def test_are_weighted_by_what_their_sizes_can_tell(self):
        # 100·300/400 = 75 and 50·50/100 = 25: (75·0.2 + 25·0.4) / 100.
        found = pooled([(100, 300, 0.2, 0.01), (50, 50, 0.4, 0.04)])

        assert found.value == pytest.approx(0.25)
        assert found.high - found.value == pytest.approx(1.959964 * (75**2 * 0.01 + 25**2 * 0.04) ** 0.5 / 100)

    def test_leave_out_one_that_left_nobody_alone(self):
        found = Compared([(side(70, 56), side(80, 48)), (side(500, 500), NOBODY)], months=7, least=50)

        assert found.difference(Measure.AVOIDED) == difference(Share(56, 70), Share(48, 80))

    def test_are_shown_together(self):
        whole = together([self.EASY[0], self.HARD[0]])

        assert (whole.people, whole.share(Measure.AVOIDED)) == (1000, Share(860, 1000))


class TestMoney:
    def test_is_a_difference_of_means_with_the_spread_of_both(self):
        # 1, 2, 3 and 1, 5: means 2 and 3, variances of the means 1/3 and 4.
        found = Compared([(side(3, 0, paid=(6, 14)), side(2, 0, paid=(6, 26)))], months=7, least=1).paid_more(HALF_YEAR)

        assert found.value == pytest.approx(-1)
        assert found.high - found.value == pytest.approx(1.959964 * (1 / 3 + 4) ** 0.5)

    def test_is_unknown_while_nobody_s_months_are_over(self):
        assert Compared([(side(3, 0), side(2, 0))], months=7, least=1).paid_more(YEAR) is None

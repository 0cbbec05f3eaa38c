"""The champion beside the challenger: bands, and where they differ at the bar."""

from loans.domain.champions import compare
from loans.domain.fairness_groups import age_band


class TestCompare:
    def test_counts_bands_and_who_lets_whom_pass(self):
        found = compare([(519, 520), (520, 519), (600, 580), (400, 410), (500, 560)], edges=(500, 560), bar=520)

        assert (found.champion, found.challenger) == ((1, 3, 1), (1, 2, 2))
        assert (found.both, found.neither, found.only_champion, found.only_challenger) == (1, 1, 1, 2)
        assert found.differing == 3

    def test_of_nobody_is_nothing(self):
        found = compare([], edges=(500,), bar=520)

        assert (found.champion, found.differing) == ((0, 0), 0)


def test_bands_of_age_begin_at_their_first_year():
    assert [age_band(age) for age in (18, 24, 25, 34, 35, 49, 50, 90)] == [
        "<25", "<25", "25–34", "25–34", "35–49", "35–49", "50+", "50+",
    ]  # fmt: skip

"""Prepayment, yield and concentration, worked by hand."""

from decimal import Decimal

from dashu.insight.domain.ratios import annualised, cpr, herfindahl, smm


class TestPrepayment:
    def test_is_what_came_early_of_what_was_left_after_what_was_due(self):
        # 10,000 before, 1,000 due and paid, 90 more: 90 of 9,000.
        assert smm(90, 10_000, 1_000) == Decimal("0.0100")

    def test_of_a_year_compounds(self):
        # 1 − 0.99¹² = 0.11361…
        assert cpr(90, 10_000, 1_000) == Decimal("0.1136")

    def test_of_all_at_once_is_all(self):
        assert (smm(9_000, 10_000, 1_000), cpr(9_000, 10_000, 1_000)) == (1, 1)

    def test_is_unknown_where_nothing_was_left(self):
        assert (smm(0, 1_000, 1_000), cpr(0, 0, 0)) == (None, None)


class TestYield:
    def test_of_three_months_is_told_for_a_year(self):
        assert annualised(450, Decimal(10_000), 3) == Decimal("0.1800")

    def test_is_unknown_where_nothing_was_lent(self):
        assert annualised(450, Decimal(0), 3) is None


class TestConcentration:
    def test_of_one_is_all_points(self):
        assert herfindahl(77**2, 77) == 10_000

    def test_of_equal_parts_is_all_points_by_their_count(self):
        assert herfindahl(4 * 5**2, 20) == 2_500

    def test_of_shares_of_half_and_two_quarters(self):
        assert herfindahl(50**2 + 2 * 25**2, 100) == 3_750

    def test_of_nothing_is_unknown(self):
        assert herfindahl(0, 0) is None

"""A price inside the cap: what lowers it, what bounds it, and that its reasons add up to it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.annual_rates import all_in_rates
from dashu.finance.rate_cap import RateLimits
from dashu.finance.schedule import build_schedule
from dashu.policy.credit_pricing import pricing_rules_of
from loans.domain.pricing import Price, PriceReason, PriceStep, highest_contract_rate, price, price_range
from tests.unit.loans.lending import CONSUMER, LIMITS, ON, PRICING


def priced(score: int | None = None, proved: bool = False, **bounds: object) -> Price:
    return price(score=score, has_proved_income=proved, rules=PRICING, **{"limits": LIMITS, **bounds})


class TestPrice:
    def test_begins_at_the_base_where_nothing_is_known(self):
        assert priced() == Price(Decimal("0.18"), (PriceStep(PriceReason.BASE, Decimal("0.18")),))

    def test_points_and_proved_income_lower_it_and_say_which_bar_was_reached(self):
        found = priced(612, proved=True)

        assert found.annual_rate == Decimal("0.132")
        assert found.steps[1:] == (
            PriceStep(PriceReason.SCORE, Decimal("-0.036"), 612, 600),
            PriceStep(PriceReason.PROVED_INCOME, Decimal("-0.012")),
        )

    @pytest.mark.parametrize(("points", "rate"), [(539, "0.18"), (540, "0.168"), (599, "0.168"), (600, "0.144")])
    def test_a_step_begins_at_its_points(self, points, rate):
        assert priced(points).annual_rate == Decimal(rate)

    def test_stays_within_the_product(self):
        found = priced(612, proved=True, lowest=Decimal("0.15"), highest=Decimal("0.24"))

        assert found.annual_rate == Decimal("0.15")
        assert found.steps[-1] == PriceStep(PriceReason.PRODUCT, Decimal("0.018"), limit="0.15")

    def test_the_cap_comes_before_the_product(self):
        found = priced(limits=RateLimits("cn", Decimal("0.12"), Decimal("0.12")), lowest=Decimal("0.15"))

        assert found.annual_rate == Decimal("0.1120")
        assert found.steps[-1] == PriceStep(PriceReason.RATE_CAP, Decimal("-0.068"), limit="0.12")

    def test_never_lies_above_the_bound_of_contract_rates(self):
        assert highest_contract_rate(RateLimits("cn", Decimal("0.1"), Decimal("0.24")), Decimal(0)) == Decimal("0.1")

    @pytest.mark.parametrize("cap", ["0.05", "0.12", "0.24", "0.36"])
    @pytest.mark.parametrize(("amount", "count"), [(1_000_00, 3), (200_000_00, 36)])
    def test_its_ceiling_keeps_nominal_and_effective_within_the_cap(self, cap, amount, count):
        rate = highest_contract_rate(RateLimits("cn", Decimal("1"), Decimal(cap)), Decimal("0.002"))
        terms = CONSUMER.schedule_terms(principal=amount, annual_rate=rate, count=count, disbursed_on=ON)
        rates = all_in_rates(terms, build_schedule(terms))

        assert max(rates.irr_nominal, rates.irr_effective) <= Decimal(cap)
        assert rates.irr_effective > Decimal(cap) - Decimal("0.0025")

    @given(st.none() | st.integers(300, 850), st.booleans(), st.integers(1, 200), st.sampled_from(["0.08", "0.24"]))
    def test_a_better_fact_never_raises_it_and_its_reasons_add_up(self, score, proved, more, cap):
        limits = replace(LIMITS, cap=Decimal(cap))
        found = priced(score, proved, limits=limits)

        assert sum(step.change for step in found.steps) == found.annual_rate
        assert priced(score, True, limits=limits).annual_rate <= found.annual_rate
        better = more if score is None else score + more
        assert priced(better, proved, limits=limits).annual_rate <= found.annual_rate


class TestRules:
    VALUE = {
        "base_rate": "0.18",
        "by_score": [{"from_points": 540, "less": "0.01"}, {"from_points": 600, "less": "0.02"}],
        "proved_income": "0.01",
        "cap_margin": "0.002",
    }

    def test_are_read(self):
        assert pricing_rules_of(self.VALUE).step_of(600).less == Decimal("0.02")

    @pytest.mark.parametrize(
        "change",
        [
            {"by_score": [{"from_points": 540, "less": "0.02"}, {"from_points": 600, "less": "0.01"}]},
            {"by_score": [{"from_points": 600, "less": "0.01"}, {"from_points": 540, "less": "0.02"}]},
            {"base_rate": "0.02"},
            {"cap_margin": "-0.1"},
            {"proved_income": 0.01},
        ],
    )
    def test_that_would_let_more_points_cost_more_are_refused(self, change):
        with pytest.raises(ValueError):
            pricing_rules_of({**self.VALUE, **change})


class TestPriceRange:
    def test_lies_between_the_best_record_and_nothing_known(self):
        assert price_range(rules=PRICING, limits=LIMITS) == (
            priced(612, proved=True).annual_rate,
            priced().annual_rate,
        )

    def test_stays_within_the_product(self):
        found = price_range(rules=PRICING, limits=LIMITS, lowest=Decimal("0.15"), highest=Decimal("0.16"))

        assert found == (Decimal("0.15"), Decimal("0.16"))

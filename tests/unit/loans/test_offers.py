"""Which loans are offered: inside every bound, never more than was asked, each with its reason."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.affordability import Amount, Household
from dashu.finance.annual_rates import all_in_rates
from dashu.finance.periods import Period
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method
from loans.domain.offers import Limited, Need, NotMatched, Obstacle, Why, match
from tests.unit.loans.lending import AFFORDABILITY, CONSUMER, HOUSEHOLD, ON, SME, bounds

RATE = Decimal("0.168")


def matched(need: Need, product=CONSUMER, rate=RATE, within=None):
    return match(need, product, rate, within or bounds(), on=ON)


def chosen(found):
    return [(offer.principal, offer.count, offer.whys) for offer in found.offers]


class TestMatch:
    def test_offers_what_was_asked_the_gentlest_and_the_cheapest(self):
        found = matched(Need(12_000_00, 12))

        assert chosen(found) == [
            (12_000_00, 12, (Why.SMALLEST_THAT_MEETS_NEED,)),
            (12_000_00, 36, (Why.GENTLEST_INSTALLMENT,)),
            (12_000_00, 6, (Why.CHEAPEST_IN_ALL,)),
        ]
        assert (found.limits, found.largest) == ((), 12_000_00)

    def test_says_what_an_offer_does_to_the_month_and_in_the_stress_case(self):
        asked, gentlest, cheapest = matched(Need(12_000_00, 12)).offers

        assert (asked.highest, asked.cost, asked.total) == (1_093_32, 1_119_81, 13_119_81)
        assert asked.all_in_rate == Decimal("0.181558")
        assert (asked.burden.surplus, asked.burden.debt_bps) == (10_000_00 - 6_000_00 - 1_093_32, 2_094)
        assert asked.stressed_highest == 1_104_78
        assert asked.stressed.surplus == 8_000_00 - 800_00 - 5_000_00 - 1_104_78
        assert gentlest.highest < asked.highest < cheapest.highest
        assert cheapest.cost < asked.cost < gentlest.cost
        assert cheapest.stressed.surplus >= 0

    def test_a_longer_time_is_offered_where_the_asked_one_is_too_dear_a_month(self):
        found = matched(Need(60_000_00, 12))

        assert chosen(found) == [
            (60_000_00, 17, (Why.SMALLEST_THAT_MEETS_NEED, Why.CHEAPEST_IN_ALL)),
            (60_000_00, 36, (Why.GENTLEST_INSTALLMENT,)),
        ]

    def test_a_smaller_amount_is_offered_only_as_such_and_with_the_reason(self):
        found = matched(Need(150_000_00, 12))

        (offer,) = found.offers
        assert (offer.principal, offer.count) == (112_500_00, 36)
        assert offer.whys == (Why.LARGEST_THAT_FITS, Why.GENTLEST_INSTALLMENT, Why.CHEAPEST_IN_ALL)
        assert found.limits == (Limited(Obstacle.INSTALLMENT, 5_332_99, 4_000_00),)
        assert offer.highest <= 4_000_00 < matched(Need(112_600_00, 36)).limits[0].found

    def test_nothing_is_offered_to_a_month_that_cannot_carry_the_smallest(self):
        full = Household(Amount(6_500_00, 6_500_00), Amount(3_500_00), Amount(2_364_00))
        found = matched(Need(10_000_00, 12), within=bounds(full))

        assert (found.offers, found.largest) == ((), 0)
        assert found.limits == (Limited(Obstacle.INSTALLMENT, 355_61, 0),)

    @pytest.mark.parametrize(
        ("need", "limit"),
        [
            (Need(999_99, 12), Limited(Obstacle.BELOW_PRODUCT, 999_99, 1_000_00)),
            (Need(1_000_00, 12, useful_months=2), Limited(Obstacle.USEFUL_LIFE, 12, 2)),
        ],
    )
    def test_nothing_is_offered_outside_the_product_or_beyond_the_useful_life(self, need, limit):
        found = matched(need)

        assert (found.offers, found.limits) == ((), (limit,))

    def test_no_time_is_longer_than_what_it_pays_for_lasts(self):
        found = matched(Need(12_000_00, 24, useful_months=18))

        assert [offer.count for offer in found.offers] == [18, 6]
        assert found.limits == (Limited(Obstacle.USEFUL_LIFE, 24, 18),)

    @pytest.mark.parametrize(
        ("months", "limit", "count"),
        [
            (48, Limited(Obstacle.LONGEST_TERM, 48, 36), 36),
            (1, Limited(Obstacle.SHORTEST_TERM, 1, 3), 3),
        ],
    )
    def test_a_time_outside_the_product_is_answered_with_the_nearest(self, months, limit, count):
        found = matched(Need(3_000_00, months))

        assert (found.limits, found.offers[0].count) == ((limit,), count)

    def test_the_room_that_is_left_bounds_the_amount(self):
        found = matched(Need(30_000_00, 12), within=bounds(room=20_050_00))

        assert found.limits == (Limited(Obstacle.EXPOSURE_ROOM, 30_000_00, 20_050_00),)
        assert {offer.principal for offer in found.offers} == {20_000_00}
        assert found.offers[0].whys[0] is Why.LARGEST_THAT_FITS

    def test_nothing_is_offered_above_the_cap(self):
        found = matched(Need(12_000_00, 12), within=bounds(cap="0.18"))

        assert (found.offers, found.largest) == ((), 0)
        assert found.limits == (Limited(Obstacle.RATE_CAP, "0.181558", "0.18"),)

    def test_nothing_is_offered_at_a_rate_that_the_product_does_not_have(self):
        found = matched(Need(12_000_00, 12), replace(CONSUMER, min_annual_rate=Decimal("0.2")))

        assert (found.offers, found.limits) == ((), (Limited(Obstacle.PRODUCT_RATE, "0.168", "0.2"),))

    @pytest.mark.parametrize("change", [{"method": Method.INTEREST_ONLY}, {"period": Period.WEEK}])
    def test_a_product_that_does_not_repay_month_by_month_is_refused(self, change):
        with pytest.raises(NotMatched):
            matched(Need(12_000_00, 12), replace(CONSUMER, **change))


class TestBusiness:
    TAKINGS = Household(Amount(40_000_00, 40_000_00), Amount(10_000_00), Amount(0))

    def test_a_season_gets_a_plan_that_repays_in_the_strong_months_only(self):
        need = Need(60_000_00, 12, strong_months=(1, 2, 10, 11, 12))
        found = matched(need, SME, within=bounds(self.TAKINGS))

        seasonal = next(offer for offer in found.offers if Why.FOLLOWS_SEASON in offer.whys)
        rows = build_schedule(seasonal.terms)
        assert {row.due_on.month for row in rows if row.principal} == {1, 2, 10, 11, 12}
        assert all(row.interest for row in rows)
        assert max(row.total for row in rows) == seasonal.highest == 12_840_00
        assert len(found.offers) == 3

    def test_a_season_too_dear_for_the_month_is_not_offered(self):
        need = Need(60_000_00, 12, strong_months=(12,))
        found = matched(need, SME, within=bounds(self.TAKINGS))

        assert Why.FOLLOWS_SEASON not in {why for offer in found.offers for why in offer.whys}
        assert found.offers[0].method is Method.EQUAL_PRINCIPAL

    @pytest.mark.parametrize("months", [(), tuple(range(1, 13)), (7,)])
    def test_no_season_or_none_within_the_time_gets_none(self, months):
        found = matched(Need(60_000_00, 3, useful_months=3, strong_months=months), SME, within=bounds(self.TAKINGS))

        assert [offer.terms.interest_only_months for offer in found.offers] == [()]


amounts = st.integers(0, 4_000_000)
households = st.builds(
    Household,
    st.builds(Amount, st.integers(0, 6_000_000), st.none() | st.integers(0, 6_000_000)),
    st.builds(Amount, st.integers(0, 1_500_000)),
    st.builds(Amount, st.integers(0, 1_000_000)),
)
needs = st.builds(
    Need,
    st.integers(500_00, 250_000_00),
    st.integers(1, 72),
    st.none() | st.integers(1, 72),
    st.lists(st.integers(1, 12), unique=True).map(tuple),
)
rates = st.sampled_from([Decimal(0), Decimal("0.072"), Decimal("0.132"), Decimal("0.18"), Decimal("0.2148")])
products = st.sampled_from([CONSUMER, SME])


class TestProperties:
    @settings(max_examples=60, deadline=None)
    @given(needs, products, rates, households, st.integers(0, 300_000_00), st.sampled_from(["0.12", "0.18", "0.24"]))
    def test_offers_break_no_bound_and_are_few_and_distinct(self, need, product, rate, household, room, cap):
        within = bounds(household, cap=cap, room=room)
        found = match(need, product, rate, within, on=ON)

        most = household.month(AFFORDABILITY).highest_installment(AFFORDABILITY)
        assert len(found.offers) <= 3
        rows = [build_schedule(offer.terms) for offer in found.offers]
        assert len(set(rows)) == len(rows)
        for offer, schedule in zip(found.offers, rows, strict=True):
            yearly = all_in_rates(offer.terms, schedule)
            assert yearly.irr_nominal <= Decimal(cap)
            assert yearly.irr_effective <= Decimal(cap)
            assert max(row.total for row in schedule) == offer.highest <= most
            assert offer.burden.surplus >= 0
            assert not offer.burden.takes_more_than(AFFORDABILITY.highest_debt)
            assert product.min_principal <= offer.principal <= min(need.amount, room, product.max_principal)
            assert product.min_count <= offer.count <= (need.useful_months or 72)
            assert offer.whys
        if found.offers:
            assert {offer.principal for offer in found.offers} == {found.largest}
        else:
            assert found.limits
        assert bool(found.largest == need.amount) or found.limits

    @settings(max_examples=60, deadline=None)
    @given(
        needs,
        products,
        rates,
        households,
        st.sampled_from(["income", "proved", "essentials", "debts", "room", "price"]),
        st.integers(1, 500_000),
    )
    def test_a_better_fact_never_lowers_the_largest_amount(self, need, product, rate, household, name, by):
        income = household.income
        better = {
            "income": replace(household, income=Amount(income.stated + by, income.verified and income.verified + by)),
            "proved": replace(household, income=Amount(income.stated, income.stated)),
            "essentials": replace(household, essentials=Amount(max(0, household.essentials.stated - by))),
            "debts": replace(household, debt_payments=Amount(max(0, household.debt_payments.stated - by))),
        }.get(name, household)
        room = 100_000_00
        before = match(need, product, rate, bounds(household, room=room), on=ON).largest
        now = match(
            need,
            product,
            max(Decimal(0), rate - Decimal("0.012")) if name == "price" else rate,
            bounds(better, room=room + by if name == "room" else room),
            on=ON,
        ).largest

        assert now >= before

    def test_equal_months_get_equal_offers_whoever_asks(self):
        assert "age" not in {name for each in (Need, type(bounds())) for name in each.__slots__}
        assert matched(Need(12_000_00, 12)) == matched(Need(12_000_00, 12), within=bounds(replace(HOUSEHOLD)))

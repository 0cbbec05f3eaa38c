from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.annual_rates import (
    NoAnnualRate,
    all_in_rates,
    all_in_rates_together,
    annual_rates,
    flat_rates,
    irr,
    irr_by_dates,
    worth_at,
)
from dashu.finance.calendars import BusinessDay
from dashu.finance.day_counts import DayCount
from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.periods import DueRule, Period
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import CardPlan, CustomRow, InvalidTerms, Method, ScheduleTerms, Stub, Tranche
from dashu.finance.unit_periods import UnitPeriod
from dashu.kernel.money import parse_minor
from tests.unit.finance.cases import any_terms, golden

START = date(2026, 1, 15)
MONTH_ENDS = [date(2023, 12, 31), date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 29), date(2026, 2, 28)]


class TestAnnualRates:
    @pytest.mark.parametrize("case", golden("annual_rates"), ids=lambda case: case["source"])
    def test_agree_with_the_published_figures(self, case):
        found = annual_rates(
            parse_minor(case["received"]),
            [parse_minor(case["payment"])] * int(case["count"]),
            int(case["periods_a_year"]),
            first_period=Decimal(case["first_period"]),
        )

        assert f"{found.irr_nominal * 100:.2f}" == case["irr_nominal_pct"]
        assert case["irr_effective_pct"] in ("", f"{found.irr_effective * 100:.2f}")

    def test_nothing_but_the_principal_back_is_zero_and_not_minus_zero(self):
        found = annual_rates(600_00, [1_00] * 600, 12)

        assert (str(found.irr_nominal), str(found.irr_effective)) == ("0.000000", "0.000000")

    def test_less_back_than_received_is_a_negative_rate(self):
        assert annual_rates(100_00, [99_00], 12).irr_nominal == Decimal("-0.120000")

    @pytest.mark.parametrize(("received", "payments"), [(0, [1]), (-5, [1]), (100, [0, 0]), (1, [100])])
    def test_refuses_what_no_rate_explains(self, received, payments):
        with pytest.raises(NoAnnualRate):
            annual_rates(received, payments, 12)

    @pytest.mark.parametrize(("payment", "rate"), [(1_100, "10.000000"), (100_100, "1000.000000"), (1, "-0.990000")])
    def test_reach_from_minus_99_to_100000_percent_a_period(self, payment, rate):
        assert annual_rates(100, [payment], 1).irr_nominal == Decimal(rate)

    def test_refuses_a_daily_rate_whose_year_cannot_be_written(self):
        with pytest.raises(NoAnnualRate):
            annual_rates(100, [200], 365)

    @settings(deadline=None, max_examples=100)
    @given(
        received=st.integers(1_00, 10**12),
        payments=st.lists(st.integers(1, 10**12), min_size=1, max_size=60),
    )
    def test_discount_the_payments_to_the_sum_received(self, received, payments):
        try:
            rate = annual_rates(received, payments, 1).irr_nominal
        except NoAnnualRate:
            assert sum(payments) > 10 * received or sum(payments) < received
            return
        low, high = rate - Decimal("0.000001"), rate + Decimal("0.000001")

        def worth(at: Decimal) -> Decimal:
            return sum((payment / (1 + at) ** k for k, payment in enumerate(payments, 1)), Decimal(0))

        assert worth(high) <= received <= worth(low)

    @pytest.mark.parametrize("scale", [7, 10**6])
    def test_do_not_depend_on_the_size_of_the_loan(self, scale):
        payments = [(number % 5 + 1) * 1_000_00 for number in range(12)]

        found = annual_rates(30_000_00, payments, 12)

        assert annual_rates(30_000_00 * scale, [payment * scale for payment in payments], 12) == found

    def test_of_600_payments_of_any_size(self):
        assert annual_rates(600_00, [1_01] * 600, 12).irr_nominal == Decimal("0.000398")
        assert annual_rates(1, [1] * 600, 1).irr_nominal == Decimal("1.000000")
        assert annual_rates(10**14, [10**14 // 100] * 600, 12).irr_nominal == Decimal("0.119689")


class TestFlatRates:
    @pytest.mark.parametrize(
        ("period_rate", "nominal", "effective"),
        [("0.006", "13.03", "13.84"), ("0.0075", "16.22", "17.48"), ("0.005", "10.90", "11.46"), ("0", "0.00", "0.00")],
    )
    def test_say_what_a_monthly_fee_on_the_first_principal_costs(self, period_rate, nominal, effective):
        found = flat_rates(Decimal(period_rate), 12, 12)

        assert f"{found.irr_nominal * 100:.2f}" == nominal
        assert f"{found.irr_effective * 100:.2f}" == effective


class TestIrr:
    def test_takes_advances_at_any_time(self):
        advances = [(Decimal(0), 500_00), (Decimal("2.5"), 500_00)]
        payments = [(Decimal(5), 1_020_00)]

        found = irr(advances, payments, 12)

        rate = found.irr_nominal / 12
        worth = 500_00 * (1 + rate) ** 5 + 500_00 * (1 + rate) ** Decimal("2.5")
        assert abs(worth - 1_020_00) < Decimal("0.5")

    def test_refuses_two_rates_instead_of_choosing_one(self):
        # Both 10% and 20% discount −100, +230, −132 to nothing.
        with pytest.raises(NoAnnualRate):
            irr([(Decimal(0), 100), (Decimal(2), 132)], [(Decimal(1), 230)], 1)

    def test_refuses_money_paid_before_any_was_received(self):
        with pytest.raises(NoAnnualRate):
            irr([(Decimal(1), 110)], [(Decimal(0), 100)], 1)

    @pytest.mark.parametrize(("advances", "payments"), [([], [(Decimal(1), 1)]), ([(Decimal(0), 1)], [])])
    def test_refuses_one_side_alone(self, advances, payments):
        with pytest.raises(NoAnnualRate):
            irr(advances, payments, 12)


class TestIrrByDates:
    def test_counts_months_where_payments_are_monthly(self):
        payments = [(date(2026 + month // 12, month % 12 + 1, 15), 8_833_30) for month in range(1, 13)]

        found = irr_by_dates([(START, 99_000_00)], payments)

        assert (f"{found.irr_nominal:.4f}", f"{found.irr_effective:.4f}") == ("0.1280", "0.1358")

    @settings(deadline=None, max_examples=200)
    @given(start=st.one_of(st.dates(date(1996, 1, 1), date(2050, 1, 1)), st.sampled_from(MONTH_ENDS)))
    def test_counts_whole_months_from_any_day_leap_days_and_month_ends_too(self, start):
        payments = [(day, 8_833_30) for day in DueRule(Period.MONTH).due_dates(start, 12)]

        found = irr_by_dates([(start, 99_000_00)], payments)

        assert found == annual_rates(99_000_00, [8_833_30] * 12, 12)

    @pytest.mark.parametrize("unit", [None, UnitPeriod(Period.DAY), UnitPeriod(Period.WEEK)])
    def test_do_not_depend_on_the_size_of_the_loan(self, unit):
        advances = [(START, 40_000_00), (date(2026, 2, 1), 50_000_00)]
        payments = [(date(2026, 3, 1), 50_000_00), (date(2026, 6, 9), 45_000_00)]

        found = irr_by_dates(advances, payments, unit=unit)

        for scale in (7, 10**8):
            larger = irr_by_dates(
                [(on, minor * scale) for on, minor in advances],
                [(on, minor * scale) for on, minor in payments],
                unit=unit,
            )
            assert (larger.irr_nominal, larger.irr_effective) == (found.irr_nominal, found.irr_effective)

    def test_counts_days_where_nothing_repeats(self):
        payments = [(date(2026, 2, 1), 600_00), (date(2026, 6, 9), 450_00)]

        found = irr_by_dates([(START, 1_000_00)], payments)

        by_days = irr_by_dates([(START, 1_000_00)], payments, unit=UnitPeriod(Period.DAY))
        assert found.irr_effective == by_days.irr_effective
        assert found.irr_nominal == (12 * ((1 + found.irr_effective) ** (Decimal(1) / 12) - 1)).quantize(
            Decimal("0.000001")
        )


class TestAllInRates:
    def test_without_fees_the_nominal_rate_is_the_contract_rate(self):
        terms = ScheduleTerms(10**11, Decimal("0.18"), Method.EQUAL_INSTALLMENT, 24, date(2026, 1, 15))

        found = all_in_rates(terms, build_schedule(terms))

        assert found.irr_nominal == Decimal("0.180000")
        assert found.irr_effective == Decimal("0.195618")

    def test_a_fee_kept_back_lowers_what_was_received(self):
        fee = Fee("entry", 1_000_00, FeeTiming.UPFRONT)
        terms = ScheduleTerms(100_000_00, Decimal("0.06"), Method.FLAT, 12, date(2026, 1, 10), fees=(fee,))

        found = all_in_rates(terms, build_schedule(terms))

        assert (f"{found.irr_nominal:.4f}", f"{found.irr_effective:.4f}") == ("0.1280", "0.1358")

    def test_a_bullet_pays_nothing_before_its_end(self):
        terms = ScheduleTerms(10**10, Decimal("0.12"), Method.BULLET, 12, date(2026, 1, 15))

        found = all_in_rates(terms, build_schedule(terms))

        assert found.irr_effective == Decimal("0.120000")

    def test_a_free_month_before_the_first_period_lowers_the_rate(self):
        late = DueRule(Period.MONTH, first_due_on=date(2026, 3, 15))
        terms = ScheduleTerms(10**10, Decimal("0.12"), Method.INTEREST_ONLY, 1, date(2026, 1, 15), due_rule=late)

        found = all_in_rates(terms, build_schedule(terms))

        # 2% after two months: √1.02 − 1 a month.
        assert found.irr_effective == Decimal("0.126162")
        assert found.irr_nominal == Decimal("0.119406")

    def test_five_months_repeat_2_4_times_a_year(self):
        terms = ScheduleTerms(
            10**10, Decimal("0.12"), Method.INTEREST_ONLY, 3, date(2026, 1, 15), due_rule=DueRule(Period.MONTH, every=5)
        )

        assert all_in_rates(terms, build_schedule(terms)).irr_nominal == Decimal("0.120000")

    def test_counts_each_tranche_from_its_day(self):
        terms = ScheduleTerms(
            10**11, Decimal("0.12"), Method.EQUAL_INSTALLMENT, 12, START,
            tranches=(Tranche(date(2026, 3, 15), 4 * 10**10), Tranche(date(2026, 4, 1), 10**10)),
        )  # fmt: skip

        assert abs(all_in_rates(terms, build_schedule(terms)).irr_nominal - Decimal("0.12")) < Decimal("0.0005")

    def test_of_a_tranche_on_a_due_date_is_the_contract_rate(self):
        terms = ScheduleTerms(
            10**11, Decimal("0.12"), Method.EQUAL_PRINCIPAL, 12, START, tranches=(Tranche(date(2026, 3, 15), 10**10),)
        )

        assert all_in_rates(terms, build_schedule(terms)).irr_nominal == Decimal("0.120000")

    def test_of_a_card_plan_counts_the_rows_there_are(self):
        terms = ScheduleTerms(10**10, Decimal("0.18"), Method.CARD_PLAN, 60, START, card_plan=CardPlan(fixed=10**9))
        rows = build_schedule(terms)

        assert len(rows) < 60
        assert all_in_rates(terms, rows).irr_nominal == Decimal("0.180000")

    def test_of_monthly_custom_rows_is_the_contract_rate(self):
        rows = (
            CustomRow(date(2026, 2, 15), 10**9),
            CustomRow(date(2026, 3, 15), 2 * 10**9),
            CustomRow(date(2026, 5, 15)),
        )
        terms = ScheduleTerms(10**10, Decimal("0.12"), Method.CUSTOM, 3, START, custom_rows=rows)

        assert abs(all_in_rates(terms, build_schedule(terms)).irr_nominal - Decimal("0.12")) < Decimal("0.0005")

    def test_of_irregular_custom_rows_is_counted_in_days(self):
        rows = (CustomRow(date(2026, 2, 1), 10**9), CustomRow(date(2026, 6, 9), 2 * 10**9), CustomRow(date(2026, 7, 2)))
        terms = ScheduleTerms(10**10, Decimal("0.12"), Method.CUSTOM, 3, START, custom_rows=rows)
        schedule = build_schedule(terms)

        by_days = irr_by_dates(
            [(START, 10**10)], [(row.due_on, row.total) for row in schedule], unit=UnitPeriod(Period.DAY)
        )

        assert all_in_rates(terms, schedule).irr_effective == by_days.irr_effective

    def test_of_a_bullet_over_half_months_counts_them_all(self):
        terms = ScheduleTerms(10**10, Decimal("0.12"), Method.BULLET, 24, date(2026, 1, 1), DueRule(Period.HALF_MONTH))

        assert all_in_rates(terms, build_schedule(terms)).irr_effective == Decimal("0.120000")

    @pytest.mark.parametrize("first_due_on", [date(2026, 1, 25), date(2026, 3, 4)])
    def test_of_a_stub_as_a_row_of_its_own_is_the_contract_rate(self, first_due_on):
        terms = ScheduleTerms(
            10**10, Decimal("0.12"), Method.EQUAL_INSTALLMENT, 12, START,
            due_rule=DueRule(Period.MONTH, first_due_on=first_due_on), stub=Stub.OWN_ROW,
        )  # fmt: skip
        rows = build_schedule(terms)

        assert len(rows) == 13
        # The rate counts 20 days of a 30-day month for the long stub, 30/360 counts 19.
        assert abs(all_in_rates(terms, rows).irr_nominal - Decimal("0.12")) < Decimal("0.0006")

    def test_a_payment_moved_to_a_business_day_counts_its_day(self):
        plain = ScheduleTerms(10**10, Decimal("0.12"), Method.EQUAL_INSTALLMENT, 12, START)
        moved = ScheduleTerms(
            10**10, Decimal("0.12"), Method.EQUAL_INSTALLMENT, 12, START,
            business_day=BusinessDay.FOLLOWING, calendar="weekends",
        )  # fmt: skip

        later = all_in_rates(moved, build_schedule(moved)).irr_nominal

        assert later < all_in_rates(plain, build_schedule(plain)).irr_nominal
        assert Decimal("0.118") < later

    def test_a_financed_fee_raises_what_is_paid_and_not_what_is_received(self):
        fee = Fee("entry", 1_000_00, FeeTiming.FINANCED)
        terms = ScheduleTerms(100_000_00, Decimal("0.06"), Method.EQUAL_INSTALLMENT, 12, START, fees=(fee,))

        found = all_in_rates(terms, build_schedule(terms))

        assert found == all_in_rates_of(terms, received=100_000_00)
        assert f"{found.irr_nominal:.4f}" == "0.0787"

    @settings(deadline=None, max_examples=60)
    @given(terms=any_terms())
    def test_of_all_terms_discount_what_is_paid_to_what_is_received(self, terms):
        try:
            found = all_in_rates(terms, build_schedule(terms))
        except (NoAnnualRate, InvalidTerms):
            return
        assert Decimal(-1) < found.irr_effective
        assert found.irr_nominal == 0 or (found.irr_nominal > 0) == (found.irr_effective > 0)

    @settings(deadline=None, max_examples=40)
    @given(
        fee=st.integers(1, 5_000_00),
        more=st.integers(1, 2_000_00),
        timing=st.sampled_from([timing for timing in FeeTiming if timing is not FeeTiming.ON_EVENT]),
    )
    def test_more_fee_is_a_higher_rate(self, fee, more, timing):
        def nominal(minor: int) -> Decimal:
            fees = (Fee("entry", minor // (12 if timing is FeeTiming.EACH else 1), timing),)
            terms = ScheduleTerms(100_000_00, Decimal("0.12"), Method.EQUAL_INSTALLMENT, 12, START, fees=fees)
            return all_in_rates(terms, build_schedule(terms)).irr_nominal

        assert nominal(0) == Decimal("0.120000")
        assert nominal(0) <= nominal(fee) <= nominal(fee + more)


class TestLoansTogether:
    """Three loans of one contract at 12%: 50,000 on 1 January, 30,000 on 1 March, 20,000 on 20 April."""

    @staticmethod
    def lent(*dated: tuple[date, int], fees: tuple[Fee, ...] = ()) -> list[tuple[ScheduleTerms, Sequence[Row]]]:
        terms = [
            ScheduleTerms(minor, Decimal("0.12"), Method.EQUAL_PRINCIPAL, 12, on, fees=fees) for on, minor in dated
        ]
        return [(each, build_schedule(each)) for each in terms]

    THREE = ((date(2026, 1, 1), 50_000_00), (date(2026, 3, 1), 30_000_00), (date(2026, 4, 20), 20_000_00))

    def test_of_one_loan_are_its_own(self):
        [(terms, rows)] = self.lent(self.THREE[0], fees=(Fee("entry", 500_00, FeeTiming.UPFRONT_PAID),))

        assert all_in_rates_together([(terms, rows)]) == all_in_rates(terms, rows)

    def test_of_loans_at_one_rate_are_that_rate_whenever_they_begin(self):
        on_due_dates, between = self.lent(*self.THREE[:2]), self.lent(*self.THREE)

        assert all_in_rates_together(on_due_dates).irr_nominal == Decimal("0.120000")
        assert f"{all_in_rates_together(between).irr_nominal:.4f}" == "0.1200"

    def test_count_the_fees_of_each(self):
        fee = (Fee("entry", 500_00, FeeTiming.UPFRONT_PAID),)
        each = [all_in_rates(*one).irr_nominal for one in self.lent(*self.THREE, fees=fee)]

        together = all_in_rates_together(self.lent(*self.THREE, fees=fee)).irr_nominal

        assert min(each) < together < max(each)

    def test_that_do_not_overlap_are_the_dearest_of_them_where_there_is_no_single_one(self):
        lent = [
            ScheduleTerms(10_000_00, Decimal("0.144"), Method.EQUAL_PRINCIPAL, 3, on, day_count=DayCount.ACTUAL_365)
            for on in (date(2026, 12, 1), date(2027, 3, 16), date(2027, 3, 17))
        ]
        loans = [(terms, build_schedule(terms)) for terms in lent]
        flows = [(terms.disbursed_on, terms.principal) for terms in lent]
        paid = [(row.due_on, row.total) for _terms, rows in loans for row in rows]
        with pytest.raises(NoAnnualRate):
            irr_by_dates(flows, paid)

        assert all_in_rates_together(loans) == max((all_in_rates(*one) for one in loans), key=lambda r: r.irr_effective)

    def test_discount_what_is_paid_to_what_is_received(self):
        first, second = self.lent(*self.THREE[:2], fees=(Fee("entry", 500_00, FeeTiming.UPFRONT_PAID),))
        rate = 1 + all_in_rates_together([first, second]).irr_nominal / 12

        # The second loan begins with the third month of the first.
        worth = sum(row.total / rate**row.number for row in first[1])
        worth += sum(row.total / rate ** (row.number + 2) for row in second[1])
        assert abs(worth - (49_500_00 + 29_500_00 / rate**2)) < 10_00


def all_in_rates_of(terms: ScheduleTerms, *, received: int) -> object:
    return annual_rates(received, [row.total for row in build_schedule(terms)], 12)


class TestWorthAt:
    def terms(self, *fees: Fee, **changes: object) -> ScheduleTerms:
        return ScheduleTerms(
            100_000_00,
            Decimal("0.12"),
            Method.EQUAL_INSTALLMENT,
            12,
            START,
            fees=fees,
            **changes,  # type: ignore
        )

    def test_is_nothing_at_the_rate_that_the_loan_costs(self):
        terms = self.terms()
        rows = build_schedule(terms)

        left = worth_at(terms, rows, all_in_rates(terms, rows).irr_effective)

        assert abs(left) < 5  # fen; the rate has 6 decimals

    def test_rises_with_the_rate_and_falls_by_what_is_kept_back(self):
        terms, with_fee = self.terms(), self.terms(Fee("entry", 1_000_00, FeeTiming.UPFRONT))
        rows = build_schedule(terms)
        left = worth_at(terms, rows, Decimal("0.24"))

        assert left > worth_at(terms, rows, Decimal("0.20")) > 0
        assert left - worth_at(with_fee, rows, Decimal("0.24")) == 1_000_00

    def test_is_not_known_of_custom_rows(self):
        terms = ScheduleTerms(
            100_00, Decimal("0.12"), Method.CUSTOM, 1, START, custom_rows=(CustomRow(date(2026, 2, 15)),)
        )

        assert worth_at(terms, build_schedule(terms), Decimal("0.24")) is None

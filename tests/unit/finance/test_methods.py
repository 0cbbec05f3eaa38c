"""What holds for every method: at rate 0, with one installment, at any size, over leap days."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dashu.finance.day_counts import DayCount, days_between
from dashu.finance.periods import DueRule, Period
from dashu.finance.rounding import Rounding
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import Compounding, InvalidTerms, Method, NegativeAmortization, ScheduleTerms, Step
from dashu.kernel.money import MAX_MINOR
from tests.unit.finance.cases import START, needed_by

ZERO = Decimal(0)
DATED = (DayCount.ACTUAL_365, DayCount.ACTUAL_360, DayCount.ACTUAL_ACTUAL)
OUT_OF_SEASON: dict[Method, dict[str, object]] = {Method.SEASONAL: {"interest_only_months": (7,)}}
every_method = pytest.mark.parametrize("method", list(Method))


def terms_of(
    method: Method, *, principal: int = 12_000_00, count: int = 12, rate: Decimal = Decimal("0.12"), **more: object
) -> ScheduleTerms:
    needed = needed_by(method, principal=principal, count=count)
    usual = {
        "principal": principal,
        "annual_rate": rate,
        "method": method,
        "count": count,
        "disbursed_on": START,
    }
    return ScheduleTerms(**(usual | needed | more))  # type: ignore[arg-type]


def interest_of(rows: tuple[Row, ...]) -> int:
    return sum(row.interest for row in rows)


class TestEveryMethod:
    @every_method
    def test_bears_no_interest_at_rate_0(self, method):
        rows = build_schedule(terms_of(method, rate=ZERO))

        assert interest_of(rows) == 0
        assert sum(row.total for row in rows) == 12_000_00

    @every_method
    def test_with_one_installment_repays_everything_at_once(self, method):
        (row,) = build_schedule(terms_of(method, count=1, **OUT_OF_SEASON.get(method, {})))

        # The row agreed in `needed_by` falls due a day earlier than a month after the start.
        interest = 116_00 if method is Method.CUSTOM else 120_00
        assert (row.principal, row.interest, row.balance) == (12_000_00, interest, 0)

    @every_method
    def test_is_the_same_again(self, method):
        terms = terms_of(method)

        assert build_schedule(replace(terms)) == build_schedule.__wrapped__(terms)

    @every_method
    @settings(deadline=None, max_examples=40)
    @given(principal=st.integers(1, 10**12), low=st.integers(0, 200_000), more=st.integers(0, 200_000))
    def test_a_higher_rate_never_costs_less(self, method, principal, low, more):
        rates = [Decimal(millionths) / 1_000_000 for millionths in (low, low + more)]

        cheap, dear = (build_schedule(terms_of(method, principal=principal, rate=rate)) for rate in rates)

        # Rounding an installment may shift half a minor unit a row from one loan to the other.
        assert interest_of(dear) >= interest_of(cheap) - len(dear)

    @every_method
    @settings(deadline=None, max_examples=40)
    @given(principal=st.integers(10**6, 10**9), factor=st.integers(2, 1_000), rate=st.integers(0, 360_000))
    def test_a_larger_loan_is_the_same_loan_in_larger_numbers(self, method, principal, factor, rate):
        small = build_schedule(terms_of(method, principal=principal, rate=Decimal(rate) / 1_000_000))
        large = build_schedule(terms_of(method, principal=principal * factor, rate=Decimal(rate) / 1_000_000))

        assume(len(small) == len(large))
        for one, other in zip(small, large, strict=True):
            # Half a minor unit in the installment and in each row's interest, grown by the rows before.
            assert abs(other.total - one.total * factor) <= factor * 2 * len(small)

    @pytest.mark.parametrize("method", [method for method in Method if method is not Method.CUSTOM])
    @settings(deadline=None, max_examples=40)
    @given(
        started=st.dates(date(2023, 1, 1), date(2028, 12, 31)) | st.just(date(2024, 2, 29)),
        basis=st.sampled_from(DATED),
        period=st.sampled_from([Period.WEEK, Period.HALF_MONTH, Period.MONTH, Period.QUARTER]),
        count=st.integers(6, 30),
    )
    def test_no_day_is_lost_or_counted_twice(self, method, started, basis, period, count):
        rule = DueRule(period, due_day=None if period is Period.WEEK else 15)
        months = {"interest_only_months": (started.month,)} if method is Method.SEASONAL else {}

        rows = build_schedule(
            terms_of(method, count=count, disbursed_on=started, day_count=basis, due_rule=rule, **months)
        )

        assert sum(row.days for row in rows) == days_between(started, rows[-1].due_on, basis)

    @every_method
    def test_ten_billion_yuan_and_one_fen_in_600_installments(self, method):
        for principal in (1, 10**12):
            rows = build_schedule(terms_of(method, principal=principal, count=600, rate=Decimal("0.06")))

            assert sum(row.principal for row in rows) == principal
            assert rows[-1].balance == 0


class TestBound:
    @pytest.mark.parametrize("method", [Method.BULLET, Method.INTEREST_ONLY, Method.EQUAL_INSTALLMENT])
    def test_interest_beyond_every_bound_is_refused(self, method):
        yearly = DueRule(Period.YEAR, every=3)
        terms = terms_of(method, principal=MAX_MINOR, count=50, rate=Decimal(10), due_rule=yearly)

        with pytest.raises(InvalidTerms) as refusal:
            build_schedule(replace(terms, compounding=Compounding.MONTHLY))

        assert refusal.value.field == "annual_rate"

    def test_an_installment_beyond_every_bound_is_refused(self):
        doubling = Step(every=4, change=Decimal(1))

        with pytest.raises(InvalidTerms) as refusal:
            build_schedule(terms_of(Method.STEP, principal=1, count=600, rate=Decimal("3.5"), step=doubling))

        assert refusal.value.field == "step"

    def test_flat_interest_beyond_every_bound_is_refused(self):
        years = DueRule(Period.YEAR, every=1)
        terms = terms_of(Method.FLAT, principal=MAX_MINOR, count=150, rate=Decimal(10), due_rule=years)

        with pytest.raises(InvalidTerms) as refusal:
            build_schedule(terms)

        assert refusal.value.field == "annual_rate"


class TestNegativeAmortization:
    def test_a_step_that_begins_below_the_interest_is_refused(self):
        step = needed_by(Method.STEP)["step"]
        with pytest.raises(NegativeAmortization) as refusal:
            build_schedule(terms_of(Method.STEP, count=120, step=replace(step, every=12, change=Decimal("0.5"))))

        assert (refusal.value.code, refusal.value.field) == ("negative_amortization", "step")

    def test_rounding_to_ten_yuan_below_the_interest_is_refused(self):
        terms = terms_of(Method.EQUAL_INSTALLMENT, principal=1_000_00, count=600, rate=Decimal("0.18"))

        assert build_schedule(terms)[0].interest == 15_00
        with pytest.raises(NegativeAmortization) as refusal:
            build_schedule(replace(terms, rounding_unit=1_000, rounding=Rounding.DOWN))

        assert refusal.value.field == "rounding_unit"

    def test_a_card_payment_below_the_interest_is_refused(self):
        plan = replace(needed_by(Method.CARD_PLAN)["card_plan"], fixed=119_99)

        with pytest.raises(NegativeAmortization) as refusal:
            build_schedule(terms_of(Method.CARD_PLAN, card_plan=plan))

        assert refusal.value.field == "card_plan"

    def test_rounding_up_keeps_the_last_row(self):
        up = {"rounding": Rounding.UP, "rounding_unit": 1_000}

        rows = build_schedule(terms_of(Method.EQUAL_INSTALLMENT, principal=100_00, count=36, **up))

        assert [row.total for row in rows[:2]] == [10_00, 10_00]
        assert len(rows) == 36
        assert rows[-1].balance == 0

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.batches import quote_many
from dashu.finance.rounding import Rounding
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import InvalidTerms, Method, ScheduleTerms
from tests.unit.finance.cases import any_terms, schedule_terms

PLAIN = ScheduleTerms(
    principal=12_000_00,
    annual_rate=Decimal("0.18"),
    method=Method.EQUAL_INSTALLMENT,
    count=12,
    disbursed_on=date(2026, 1, 15),
)


class TestQuoteMany:
    @settings(deadline=None, max_examples=200)
    @given(terms=st.lists(schedule_terms(most=2 * 10**9, longest=40), min_size=1, max_size=5))
    def test_is_what_each_schedule_is_alone(self, terms):
        quotes = quote_many(terms)

        assert len(quotes) == len(terms)
        assert [quotes[index] for index in range(len(terms))] == [build_schedule(one) for one in terms]

    @settings(deadline=None, max_examples=100)
    @given(terms=any_terms())
    def test_knows_every_term(self, terms):
        try:
            alone = build_schedule(terms)
        except InvalidTerms as refusal:
            alone = refusal.field
        try:
            together = quote_many([terms])[0]
        except InvalidTerms as refusal:
            together = refusal.field

        assert together == alone

    def test_thousands_of_one_shape_are_the_same_to_the_fen(self):
        terms = [
            replace(
                PLAIN,
                principal=1_00 + 7_919 * number,
                annual_rate=Decimal(number % 24_000) / 100_000,
                method=(Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL)[number % 2],
                rounding=list(Rounding)[number // 2 % 4],
            )
            for number in range(4_000)
        ]

        quotes = quote_many(terms)

        assert len(quotes.columns) == 8
        assert [quotes[index] for index in range(len(terms))] == [build_schedule(one) for one in terms]

    def test_halves_of_a_fen_are_decided_in_decimals(self):
        # 162.00 at 7% a year is 94.5 fen a month, which a float cannot say.
        terms = [replace(PLAIN, principal=162_00, annual_rate=Decimal("0.07"), count=1)] * 3

        assert [quote_many(terms)[index][0].interest for index in range(3)] == [95] * 3

    def test_columns_sum_over_all_schedules(self):
        terms = [
            replace(PLAIN, principal=10_000 * number, disbursed_on=PLAIN.disbursed_on + timedelta(days=number % 3))
            for number in range(1, 31)
        ]

        columns = quote_many(terms).columns

        assert sum(int(block.principal.sum()) for block in columns) == sum(one.principal for one in terms)
        assert [len(block.indices) for block in columns] == [10, 10, 10]

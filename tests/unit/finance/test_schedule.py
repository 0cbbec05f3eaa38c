from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from dashu.finance.amortization import level_installment
from dashu.finance.day_counts import DayCount
from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.periods import DueRule, Period
from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import InvalidTerms, Method, ScheduleTerms
from dashu.kernel.money import MAX_MINOR, format_minor, parse_minor
from tests.unit.finance.cases import any_terms, golden, needed_by, schedule_terms

ZERO = Decimal(0)


def terms(**changes: object) -> ScheduleTerms:
    """1,200 yuan without interest in 12 months from 15 January 2026, unless changed."""
    usual = {
        "principal": 1_200_00,
        "annual_rate": ZERO,
        "method": Method.EQUAL_INSTALLMENT,
        "count": 12,
        "disbursed_on": date(2026, 1, 15),
    }
    return ScheduleTerms(**(usual | changes))  # type: ignore[arg-type]


def rows_unless_refused(given_terms: ScheduleTerms) -> tuple[Row, ...]:
    """Leave out terms whose rounding unit, step or months without principal do not fit the amount."""
    try:
        return build_schedule(given_terms)
    except InvalidTerms as refusal:
        if refusal.field not in ("rounding_unit", "step", "count"):
            raise
        reject()


class TestGoldenSchedules:
    @pytest.mark.parametrize(
        ("name", "given_terms"),
        [
            (
                "equal_installment_12_months",
                terms(principal=12_000_00, annual_rate=Decimal("0.18"), disbursed_on=date(2026, 1, 31)),
            ),
            (
                "equal_principal_6_months",
                terms(
                    principal=10_000_00, annual_rate=Decimal("0.12"), method=Method.EQUAL_PRINCIPAL, count=6,
                ),
            ),
            (
                "flat_12_months",
                terms(
                    principal=100_000_00, annual_rate=Decimal("0.06"), method=Method.FLAT,
                    disbursed_on=date(2026, 1, 10),
                ),
            ),
        ],
    )  # fmt: skip
    def test_agrees_with_the_worked_schedule_row_by_row(self, name, given_terms):
        rows = [
            {
                "number": str(row.number),
                "due_on": row.due_on.isoformat(),
                "principal": format_minor(row.principal),
                "interest": format_minor(row.interest),
                "total": format_minor(row.total),
                "balance": format_minor(row.balance),
            }
            for row in build_schedule(given_terms)
        ]

        assert rows == golden(name)

    @pytest.mark.parametrize("case", golden("level_installments"), ids=lambda case: case["installment"])
    def test_agrees_with_published_installments(self, case):
        rows = build_schedule(
            terms(
                principal=parse_minor(case["principal"]),
                annual_rate=Decimal(case["annual_rate"]),
                count=int(case["count"]),
                rounding=Rounding(case["rounding"]),
            )
        )

        assert {format_minor(row.total) for row in rows[:-1]} == {case["installment"]}


class TestMethods:
    def test_interest_only_pays_all_principal_last(self):
        rows = build_schedule(terms(method=Method.INTEREST_ONLY, annual_rate=Decimal("0.12"), count=3))

        assert [(row.principal, row.interest) for row in rows] == [(0, 12_00), (0, 12_00), (1_200_00, 12_00)]

    def test_bullet_is_one_row_at_the_end(self):
        rows = build_schedule(terms(method=Method.BULLET, annual_rate=Decimal("0.12"), count=6))

        assert rows == (Row(1, date(2026, 1, 15), date(2026, 7, 15), 180, 1_200_00, 72_00, 0, 0),)

    @pytest.mark.parametrize("method", [Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.FLAT])
    def test_a_balloon_stays_for_the_last_installment(self, method):
        rows = build_schedule(terms(method=method, balloon=600_00, count=6))

        assert [row.principal for row in rows] == [100_00] * 5 + [700_00]

    def test_actual_days_decide_the_interest_of_a_month(self):
        rows = build_schedule(
            terms(method=Method.INTEREST_ONLY, annual_rate=Decimal("0.36"), count=3, day_count=DayCount.ACTUAL_360)
        )

        assert [(row.days, row.interest) for row in rows] == [(31, 37_20), (28, 33_60), (31, 37_20)]

    def test_a_regular_month_is_30_days_also_from_31_january(self):
        rows = build_schedule(
            terms(method=Method.INTEREST_ONLY, annual_rate=Decimal("0.12"), count=2, disbursed_on=date(2026, 1, 31))
        )

        assert [(row.due_on, row.days, row.interest) for row in rows] == [
            (date(2026, 2, 28), 30, 12_00),
            (date(2026, 3, 31), 30, 12_00),
        ]

    def test_a_long_first_period_earns_its_own_days(self):
        rows = build_schedule(
            terms(
                method=Method.INTEREST_ONLY,
                annual_rate=Decimal("0.12"),
                count=2,
                due_rule=DueRule(Period.MONTH, first_due_on=date(2026, 3, 1)),
            )
        )

        assert [(row.days, row.interest) for row in rows] == [(46, 18_40), (30, 12_00)]

    def test_flat_interest_stays_on_the_first_principal(self):
        rows = build_schedule(terms(method=Method.FLAT, annual_rate=Decimal("0.12"), count=7))

        assert [row.interest for row in rows] == [12_00] * 7
        assert [row.principal for row in rows] == [171_43] * 6 + [171_42]


class TestFees:
    def test_spread_sums_and_each_repeats_and_upfront_is_kept_back(self):
        fees = (
            Fee("service", 10_00, FeeTiming.SPREAD),
            Fee("account", 1_00, FeeTiming.EACH),
            Fee("entry", 50_00, FeeTiming.UPFRONT),
        )

        rows = build_schedule(terms(count=3, fees=fees))

        assert [row.fee for row in rows] == [4_33, 4_33, 4_34]


class TestRounding:
    def test_half_a_fen_of_interest_is_rounded_up(self):
        rows = build_schedule(terms(principal=162_00, annual_rate=Decimal("0.07"), count=1))

        assert rows[0].interest == 95  # 94.5 fen, although 0.07 / 12 has no exact decimal

    def test_an_exact_installment_is_not_rounded_away(self):
        # 55 at 20% a period in 2 periods is exactly 36.
        exact = level_installment(55, [Decimal("0.2")] * 2)

        assert exact < 36
        assert [to_minor(exact, mode) for mode in Rounding] == [36, 36, 36, 36]

    def test_rounding_up_never_makes_a_negative_last_row(self):
        rows = build_schedule(terms(principal=10, count=7, method=Method.EQUAL_PRINCIPAL, rounding=Rounding.UP))

        assert [row.principal for row in rows] == [2, 2, 2, 2, 2, 0, 0]

    def test_rounding_down_leaves_the_rest_to_the_last_row(self):
        rows = build_schedule(terms(principal=100, count=7, rounding=Rounding.DOWN))

        assert [row.principal for row in rows] == [14] * 6 + [16]


class TestEdges:
    def test_one_installment(self):
        rows = build_schedule(terms(count=1, annual_rate=Decimal("0.12")))

        assert [(row.principal, row.interest, row.balance) for row in rows] == [(1_200_00, 12_00, 0)]

    @pytest.mark.parametrize("method", list(Method))
    @pytest.mark.parametrize("rounding", list(Rounding))
    def test_one_fen_in_600_installments(self, method, rounding):
        rows = build_schedule(
            terms(
                principal=1, count=600, annual_rate=Decimal("0.24"), method=method, rounding=rounding,
                **needed_by(method, principal=1, count=600),
            )
        )  # fmt: skip

        assert sum(row.principal for row in rows) == 1
        assert rows[-1].balance == 0

    # A thousand percent doubles a rounding error every month, which takes stepped installments below their interest.
    @pytest.mark.parametrize("method", [method for method in Method if method is not Method.STEP])
    def test_the_largest_amount_at_the_highest_rate_for_600_months(self, method):
        needed = needed_by(method, principal=MAX_MINOR, count=600)
        rows = build_schedule(terms(principal=MAX_MINOR, count=600, annual_rate=Decimal(10), method=method, **needed))

        assert sum(row.principal for row in rows) == MAX_MINOR
        assert rows[-1].balance == 0

    def test_zero_rate_splits_the_principal_and_nothing_else(self):
        rows = build_schedule(terms(principal=10**12, count=600))

        assert {row.interest for row in rows} == {0}
        assert sum(row.total for row in rows) == 10**12

    def test_starts_on_29_february(self):
        rows = build_schedule(terms(disbursed_on=date(2024, 2, 29), count=13))

        assert [rows[0].due_on, rows[11].due_on, rows[12].due_on] == [
            date(2024, 3, 29),
            date(2025, 2, 28),
            date(2025, 3, 29),
        ]


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"principal": 0}, "principal"),
            ({"principal": -1}, "principal"),
            ({"principal": MAX_MINOR + 1}, "principal"),
            ({"annual_rate": Decimal("-0.01")}, "annual_rate"),
            ({"annual_rate": Decimal("10.01")}, "annual_rate"),
            ({"count": 0}, "count"),
            ({"count": 601}, "count"),
            ({"due_rule": DueRule(Period.MONTH, every=0)}, "every"),
            ({"due_rule": DueRule(Period.MONTH, every=366), "count": 600}, "count"),
            ({"due_rule": DueRule(Period.WEEK, every=366), "count": 600}, "count"),
            ({"due_rule": DueRule(Period.MONTH, due_day=32)}, "due_day"),
            ({"due_rule": DueRule(Period.MONTH, due_day=20, first_due_on=date(2026, 2, 15))}, "due_day"),
            ({"due_rule": DueRule(Period.MONTH, first_due_on=date(2026, 1, 15))}, "first_due_on"),
            ({"balloon": 1_200_01}, "balloon"),
            ({"fees": (Fee("entry", 1_200_00, FeeTiming.UPFRONT),)}, "fees"),
        ],
    )
    def test_contradicting_terms_name_the_field(self, changes, field):
        with pytest.raises(InvalidTerms) as refusal:
            terms(**changes)

        assert (refusal.value.code, refusal.value.field) == ("invalid_terms", field)


class TestProperties:
    @settings(deadline=None, max_examples=300)
    @given(given_terms=any_terms())
    def test_principal_sums_no_row_is_negative_and_the_balance_ends_at_zero(self, given_terms):
        rows = rows_unless_refused(given_terms)
        capitalized = sum(row.capitalized for row in rows)
        assert sum(row.principal for row in rows) == given_terms.amount_financed + capitalized
        assert min(min(row.principal, row.interest, row.fee, row.days) for row in rows) >= 0
        assert rows[-1].balance == 0
        left = given_terms.amount_financed - sum(tranche.minor for tranche in given_terms.tranches)
        for row in rows:
            left += row.advanced + row.capitalized - row.principal
            assert row.balance == left >= 0
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert all(row.period_from < row.due_on for row in rows)
        assert all(one.due_on == other.period_from for one, other in pairwise(rows))

    @settings(deadline=None, max_examples=100)
    @given(given_terms=schedule_terms())
    def test_fees_sum_to_what_the_terms_say(self, given_terms):
        rows = build_schedule(given_terms)

        spread = sum(fee.minor for fee in given_terms.fees if fee.timing is FeeTiming.SPREAD)
        each = sum(fee.minor for fee in given_terms.fees if fee.timing is FeeTiming.EACH)
        assert sum(row.fee for row in rows) == spread + each * len(rows)

    @settings(deadline=None, max_examples=100)
    @given(
        principal=st.integers(1_000_00, 10**10),
        count=st.integers(2, 60),
        millionths=st.integers(1, 240_000),
    )
    def test_equal_installments_differ_only_in_the_last_one_by_less_than_a_fen_a_row(
        self, principal, count, millionths
    ):
        rows = build_schedule(terms(principal=principal, count=count, annual_rate=Decimal(millionths) / 1_000_000))

        assert len({row.total for row in rows[:-1]}) == 1
        assert abs(rows[-1].total - rows[0].total) <= 2 * count

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.arrears import (
    Band,
    CountedDays,
    Counting,
    Materiality,
    OwedSince,
    Pause,
    Scale,
    arrears_of,
    effective_days,
    is_short,
    material_days,
)
from dashu.finance.installments import Component
from tests.unit.finance.cases import START, golden, installments, pauses

ROWS = installments((date(2026, 2, 15), 100_00, 10_00), (date(2026, 3, 15), 100_00, 9_00))


class TestDaysPastDue:
    @pytest.mark.parametrize(
        ("as_of", "days", "overdue"),
        [
            (date(2026, 2, 14), 0, 0),
            (date(2026, 2, 15), 0, 0),
            (date(2026, 2, 16), 1, 110_00),
            (date(2026, 3, 15), 28, 110_00),
            (date(2026, 3, 16), 29, 219_00),
        ],
    )
    def test_count_from_the_oldest_unpaid_due_date_whose_own_day_is_0(self, as_of, days, overdue):
        found = arrears_of(ROWS, as_of)

        assert found.days_past_due == days
        assert found.principal + found.interest + found.fee == overdue

    def test_paying_a_newer_installment_never_cures_an_older_one(self):
        newer = ROWS[1].pay(Component.PRINCIPAL, 100_00).pay(Component.INTEREST, 9_00)

        assert arrears_of((ROWS[0], newer), date(2026, 4, 1)).days_past_due == 45

    def test_paying_the_oldest_moves_the_count_to_the_next(self):
        paid = ROWS[0].pay(Component.PRINCIPAL, 100_00).pay(Component.INTEREST, 10_00)

        found = arrears_of((paid, ROWS[1]), date(2026, 4, 1))

        assert (found.days_past_due, found.oldest_due_on) == (17, date(2026, 3, 15))

    def test_a_fen_is_enough_unless_the_product_overlooks_it(self):
        nearly = ROWS[0].pay(Component.PRINCIPAL, 100_00).pay(Component.INTEREST, 9_99)

        strict = arrears_of((nearly,), date(2026, 2, 20))
        tolerant = arrears_of((nearly,), date(2026, 2, 20), tolerance_bps=1)

        assert (strict.days_past_due, strict.interest) == (5, 1)
        assert (tolerant.days_past_due, tolerant.oldest_due_on, tolerant.interest) == (0, None, 1)

    def test_the_tolerance_is_part_of_what_is_overlooked(self):
        row = ROWS[0].pay(Component.PRINCIPAL, 100_00).pay(Component.INTEREST, 4_50)

        assert (is_short(row, 500), is_short(row, 499)) == (False, True)


class TestScale:
    def test_gives_the_band_that_was_reached(self):
        scale = Scale((Band(0, "CURRENT"), Band(1, "M1"), Band(31, "M2")))

        assert [scale.code_for(days) for days in (0, 1, 30, 31, 999)] == ["CURRENT", "M1", "M1", "M2", "M2"]

    @pytest.mark.parametrize("starts", [[], [1], [0, 31, 1], [0, 1, 1]])
    def test_rises_from_zero(self, starts):
        with pytest.raises(ValueError, match="bands must rise from 0"):
            Scale(tuple(Band(days, "X") for days in starts))


class TestEffectiveDays:
    @pytest.mark.parametrize(
        ("pauses_given", "days"),
        [
            ([], 30),
            ([Pause(date(2026, 1, 16), date(2026, 1, 25))], 20),
            ([Pause(date(2026, 1, 1), date(2026, 1, 25))], 20),
            ([Pause(date(2026, 2, 5))], 20),
            ([Pause(date(2026, 2, 14), date(2026, 3, 31))], 29),
            ([Pause(date(2026, 2, 15), date(2026, 3, 31))], 30),
            ([Pause(date(2026, 1, 16), date(2026, 1, 25)), Pause(date(2026, 1, 20), date(2026, 1, 30))], 15),
        ],
    )
    def test_leave_out_each_paused_day_once(self, pauses_given, days):
        assert effective_days(START, date(2026, 2, 14), pauses_given) == days

    def test_are_0_when_nothing_is_overdue(self):
        assert effective_days(None, date(2026, 2, 14), [Pause(START)]) == 0

    @given(days=st.integers(0, 200), paused=pauses)
    def test_are_the_days_that_no_pause_covers(self, days, paused):
        as_of = START + timedelta(days=days)

        uncovered = sum(
            not any(pause.start <= day and (pause.end is None or day <= pause.end) for pause in paused)
            for day in (START + timedelta(days=n) for n in range(1, days + 1))
        )

        assert effective_days(START, as_of, paused) == uncovered


class TestProperties:
    @settings(max_examples=200)
    @given(
        parts=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=6),
        day=st.integers(0, 300),
        tolerance=st.sampled_from([0, 500, 9_999]),
    )
    def test_days_rise_by_one_each_day_without_a_payment_and_are_never_negative(self, parts, day, tolerance):
        rows = tuple(
            row.pay(Component.PRINCIPAL, paid if paid < row.principal else row.principal)
            for row, (_owed, paid) in zip(
                installments(*((START + timedelta(days=30 * n), owed, 0) for n, (owed, _paid) in enumerate(parts))),
                parts,
                strict=True,
            )
        )
        today = START + timedelta(days=day)

        found = arrears_of(rows, today, tolerance_bps=tolerance)
        tomorrow = arrears_of(rows, today + timedelta(days=1), tolerance_bps=tolerance)

        assert found.days_past_due >= 0
        if found.days_past_due:
            assert tomorrow.days_past_due == found.days_past_due + 1
        else:
            assert tomorrow.days_past_due in (0, 1)


class TestCounting:
    @pytest.mark.parametrize("case", golden("days_past_due"), ids=lambda case: case["source"])
    def test_agrees_with_the_named_convention(self, case):
        counting = Counting(case["counts_due_day"] == "yes", CountedDays(case["days"]), int(case["grace_days"]))
        due_on, as_of = date.fromisoformat(case["due_on"]), date.fromisoformat(case["as_of"])

        assert counting.past_due(due_on, as_of) == int(case["expected"])
        late = arrears_of(installments((due_on, 100, 0)), as_of, counting=counting)
        assert late.days_past_due == int(case["expected"])

    def test_a_pause_takes_off_only_the_days_that_are_counted(self):
        counting = Counting(grace_days=5)
        pause = Pause(date(2026, 3, 10), date(2026, 3, 22))

        # Due on the 15th, counted from the 21st: of the pause only the 21st and 22nd were counted.
        assert effective_days(date(2026, 3, 15), date(2026, 3, 30), [pause], counting=counting) == 8


class TestMateriality:
    RETAIL = Materiality(absolute=100_00, relative=Decimal("0.01"))
    HISTORY = [
        OwedSince(date(2026, 1, 1), 0, 9_000_00),
        OwedSince(date(2026, 1, 11), 100_00, 9_000_00),
        OwedSince(date(2026, 1, 21), 100_01, 9_000_00),
        OwedSince(date(2026, 2, 1), 50_00, 9_000_00),
        OwedSince(date(2026, 2, 3), 300_00, 9_000_00),
    ]

    @pytest.mark.parametrize(
        ("as_of", "days"),
        [
            (date(2026, 1, 10), 0),
            (date(2026, 1, 20), 0),  # exactly the threshold is not above it
            (date(2026, 1, 21), 1),
            (date(2026, 1, 31), 11),
            (date(2026, 2, 1), 0),  # paid down: the count stops
            (date(2026, 2, 3), 1),  # and begins again at 1
            (date(2026, 5, 4), 91),
        ],
    )
    def test_counts_consecutive_days_above_both_bounds(self, as_of, days):
        assert material_days(self.HISTORY, as_of, self.RETAIL) == days

    def test_a_small_share_of_a_large_exposure_does_not_count(self):
        history = [OwedSince(date(2026, 1, 1), 500_00, 50_000_00)]

        assert material_days(history, date(2026, 1, 31), self.RETAIL) == 0

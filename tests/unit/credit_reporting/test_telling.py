"""What of a grid may be told: after a notice, and until five years after the end."""

from dataclasses import replace
from datetime import date

import pytest

from collections_mgmt.domain.credit_events import adverse_events, gone_months
from dashu.credit_reporting.domain.telling import Held, Limits, Notice, grid_told

LIMITS = Limits(
    is_adverse=lambda code: code in "1234567DZB",
    unknown="#",
    not_opened="/",
    needs_notice=True,
    proof_days=3,
    kept_years=5,
)
OPENED = date(2020, 1, 15)


def noted(signs: str, begin: date = date(2020, 1, 1)) -> dict[date, str]:
    months = ((begin.year * 12 + begin.month - 1 + place, sign) for place, sign in enumerate(signs))
    return {date(month // 12, month % 12 + 1, 1): sign for month, sign in months if sign != " "}


def notice(month: date, sent_on: date | None, *, failed: bool = False) -> Notice:
    return Notice(1, month, sent_on, failed)


def told(signs: str, *, month: date, on: date, notices=(), caught_up=(), limits=LIMITS) -> tuple[str, Held | None]:
    grid = grid_told(noted(signs), limits, month=month, opened_on=OPENED, notices=notices, on=on, caught_up=caught_up)
    return grid.signs.lstrip("/"), grid.held


class TestEvents:
    def test_are_months_without_a_better_one_between(self):
        found = adverse_events(noted("*1N12B C"), LIMITS.is_adverse)

        assert [(each.first.month, each.last.month, each.followed_by and each.followed_by.month) for each in found] == [
            (2, 2, 3),
            (4, 6, 8),
        ]

    def test_that_goes_on_has_no_end(self):
        (event,) = adverse_events(noted("*123"), LIMITS.is_adverse)

        assert (event.is_over, event.gone_on([], 5)) == (False, None)


class TestNotice:
    ON = date(2020, 4, 6)
    MARCH = date(2020, 3, 1)

    @pytest.mark.parametrize(
        ("notices", "held"),
        [
            ([], Held.NO_NOTICE),
            ([notice(MARCH, None)], Held.NO_NOTICE),
            ([notice(MARCH, date(2020, 4, 4))], Held.NOTICE_TOO_LATE),
            ([notice(MARCH, date(2020, 4, 3))], None),
            ([notice(MARCH, date(2020, 3, 25), failed=True)], Held.NOTICE_FAILED),
            ([notice(date(2020, 1, 1), date(2020, 1, 25))], Held.NO_NOTICE),
            ([notice(date(2020, 2, 1), date(2020, 2, 25))], None),
        ],
    )
    def test_has_to_be_of_the_event_and_days_before(self, notices, held):
        assert told("*12", month=self.MARCH, on=self.ON, notices=notices)[1] is held

    def test_that_is_missing_leaves_the_whole_event_unknown_later(self):
        assert told("*12N", month=date(2020, 4, 1), on=date(2020, 5, 2)) == ("*##N", None)

    def test_is_not_asked_for_where_the_law_asks_for_none(self):
        free = replace(LIMITS, needs_notice=False)

        assert told("*12", month=self.MARCH, on=self.ON, limits=free) == ("*12", None)


class TestFiveYears:
    """February 2020 was late and paid on 10 March 2020; it is gone on 10 March 2025."""

    SIGNS = "*1" + "N" * 60
    NOTICES = (notice(date(2020, 2, 1), date(2020, 2, 20)),)
    PAID_ON = (date(2020, 3, 10),)

    @pytest.mark.parametrize(
        ("today", "gone"),
        [(date(2025, 3, 9), set()), (date(2025, 3, 10), {date(2020, 2, 1)}), (date(2026, 1, 1), {date(2020, 2, 1)})],
    )
    def test_are_counted_from_the_day_of_the_payment(self, today, gone):
        found = gone_months(noted(self.SIGNS), LIMITS.is_adverse, caught_up=self.PAID_ON, kept_years=5, today=today)

        assert found == gone

    def test_where_the_day_is_not_known_from_the_end_of_the_next_month(self):
        asked = {"caught_up": (), "kept_years": 5}

        assert gone_months(noted(self.SIGNS), LIMITS.is_adverse, today=date(2025, 3, 30), **asked) == set()
        assert gone_months(noted(self.SIGNS), LIMITS.is_adverse, today=date(2025, 3, 31), **asked) != set()

    def test_take_the_sign_out_of_the_grid(self):
        # With two years kept, the end lies within the 60 months of the grid.
        limits = replace(LIMITS, kept_years=2)
        asked = {"month": date(2022, 2, 1), "notices": self.NOTICES, "caught_up": self.PAID_ON, "limits": limits}

        assert told(self.SIGNS[:26], on=date(2022, 3, 9), **asked)[0][:3] == "*1N"
        assert told(self.SIGNS[:26], on=date(2022, 3, 10), **asked)[0][:3] == "*#N"

    def test_never_end_while_it_goes_on(self):
        assert (
            gone_months(noted("*1" + "7" * 80), LIMITS.is_adverse, caught_up=(), kept_years=5, today=date(2030, 1, 1))
            == set()
        )

    def test_a_loan_of_five_years_ends_the_grid_at_60_months(self):
        grid, _held = told("*" + "N" * 70, month=date(2025, 11, 1), on=date(2025, 12, 2))

        assert grid == "N" * 60


class TestLapse:
    def test_of_the_month_itself_is_never_told_again(self):
        signs, grid_month = "*1N", date(2020, 2, 1)
        sent = [notice(grid_month, date(2020, 2, 20))]

        assert (
            told(signs, month=grid_month, on=date(2025, 3, 9), notices=sent, caught_up=[date(2020, 3, 10)])[1] is None
        )
        assert told(signs, month=grid_month, on=date(2025, 3, 10), notices=sent, caught_up=[date(2020, 3, 10)]) == (
            "*#",
            Held.LAPSED,
        )

    def test_counts_from_the_catch_up_that_ended_it(self):
        # Behind again before the month was over: paid up on the 5th, late from the 15th on, and paid in March.
        (event,) = adverse_events(noted("*1N"), LIMITS.is_adverse)

        assert event.ended_on([date(2020, 2, 5), date(2020, 3, 12), date(2020, 3, 30)]) == date(2020, 3, 12)
        assert event.ended_on([date(2020, 2, 5)]) == date(2020, 2, 5)
        assert event.ended_on([]) == date(2020, 3, 31)

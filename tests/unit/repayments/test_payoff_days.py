from datetime import date, timedelta

from dashu.finance.loan import Payoff
from repayments.domain.payoff_days import PayoffDay, highest

DAY = date(2026, 3, 1)


def days(*totals):
    return tuple(PayoffDay(DAY + timedelta(days=n), Payoff(total, 0, 0, 0, 0, 0, 0)) for n, total in enumerate(totals))


class TestHighest:
    def test_is_the_day_that_asks_for_most_wherever_it_lies(self):
        assert highest(days(5, 9, 7)).on == DAY + timedelta(days=1)

    def test_of_equal_days_is_the_last(self):
        assert highest(days(9, 9, 9)).on == DAY + timedelta(days=2)

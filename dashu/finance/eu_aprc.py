"""
The annual percentage rate of charge of the European Union: effective, with time in years.

Source: Directive 2014/17/EU, annex I, remark (c), which Directive (EU) 2023/2225, annex III, repeats. A year has 12
equal months, 52 weeks, or 365 days (366 in leap years). A time that is not a whole number of years, months or weeks
is a whole number of one of them and days: the periods are counted back from the later day, and what is left is
divided by the days of the year that ends where they begin.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from dashu.finance.annual_rates import AnnualRates, DatedAmount, NoAnnualRate, irr
from dashu.finance.periods import Period
from dashu.finance.unit_periods import is_month_end, months_and_days
from dashu.kernel.dates import add_months
from dashu.kernel.errors import _

_WEEKS_A_YEAR = 52
_LAST_DAY = 31
COUNTABLE = (Period.WEEK, Period.MONTH, Period.YEAR)


def annual_percentage_rate_of_charge(
    advances: Sequence[DatedAmount], payments: Sequence[DatedAmount], *, period: Period | None = None
) -> AnnualRates:
    """
    Return the rate, which is `irr_effective`; `irr_nominal` is that of a month.

    :param period: week, month or year, that times are counted in; with None months, or weeks where all times are
        whole weeks and not all are whole months.
    :raises NoAnnualRate: there is none, or no single one.
    """
    if not advances or not payments:
        raise NoAnnualRate(_("There is no yearly rate for these payments: check the sum received and the payments."))
    start = min(on for on, _minor in (*advances, *payments))
    days = {on for on, _minor in (*advances, *payments)}
    period = period or _period_of(start, days)
    return irr(
        [(12 * years_between(start, on, period), minor) for on, minor in advances],
        [(12 * years_between(start, on, period), minor) for on, minor in payments],
        12,
    )


def years_between(start: date, day: date, period: Period) -> Decimal:
    """Return the time from `start` to `day` in years: whole periods of one kind, and days."""
    if period is Period.WEEK:
        weeks, rest = divmod((day - start).days, 7)
        whole, begins = Decimal(weeks) / _WEEKS_A_YEAR, day - timedelta(days=7 * weeks)
    else:
        months, rest = months_and_days(start, day, _aim(start, day))
        if period is Period.YEAR:
            months -= months % 12
        begins = add_months(day, -months, day=_aim(start, day)) if months else day
        whole, rest = Decimal(months) / 12, (begins - start).days
    return whole + Decimal(rest) / (begins - add_months(begins, -12)).days if rest else whole


def _period_of(start: date, days: set[date]) -> Period:
    whole_months = all(months_and_days(start, day, _aim(start, day))[1] == 0 for day in days)
    whole_weeks = all((day - start).days % 7 == 0 for day in days)
    return Period.WEEK if whole_weeks and not whole_months else Period.MONTH


def _aim(start: date, day: date) -> int:
    """Months run from last day to last day where both days are the last of their month."""
    return _LAST_DAY if is_month_end(start) and is_month_end(day) else day.day

"""
The yearly cost of a loan as one rate: the internal rate of return, nominal and effective.

`irr_nominal` is the period rate that discounts all payments to the sums received, times the periods of a year (the
PBC's 单利); `irr_effective` is the same rate compounded over a year (复利). Source: PBC announcement 2021 No. 3,
whose example (100,000 received less a fee of 1,000, 12 × 8,833.3) gives 12.80% and 13.58%.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from dashu.finance.calendars import BusinessDay
from dashu.finance.rate_solver import Discounts, NoAnnualRate, Root, solve
from dashu.finance.schedule import Row
from dashu.finance.spans import spans_of
from dashu.finance.terms import Method, ScheduleTerms, Stub
from dashu.finance.unit_periods import UnitPeriod, common_period, counted
from dashu.kernel.errors import _

__all__ = [
    "AnnualRates", "DatedAmount", "NoAnnualRate", "TimedAmount", "all_in_rates", "all_in_rates_together",
    "annual_rates", "flat_rates", "irr", "irr_by_dates", "worth_at",
]  # fmt: skip

_PLACES = Decimal("0.000001")
_HIGHEST = Decimal(1_000_000_000)
_YEAR_DAYS = 365
_AT_ONCE = 12  # periods

DatedAmount = tuple[date, int]
TimedAmount = tuple[Decimal, int | Decimal]


@dataclass(frozen=True, slots=True)
class AnnualRates:
    """Fractions to 6 decimals: 0.135800 is 13.58% a year. `iterations`: how often the equation was evaluated."""

    irr_nominal: Decimal
    irr_effective: Decimal
    iterations: int = 0


def annual_rates(
    received: int | Decimal,
    payments: Sequence[int | Decimal],
    periods_a_year: int | Decimal,
    *,
    first_period: Decimal = Decimal(1),
) -> AnnualRates:
    """
    Return both rates for one sum received and one payment at the end of each period.

    :param received: minor units that reached the borrower.
    :param first_period: length of the first period in periods, where it is longer or shorter than the others.
    :raises NoAnnualRate: nothing was received, or less is paid back than any rate explains.
    """
    timed = [(first_period + number, payment) for number, payment in enumerate(payments)]
    return irr([(Decimal(0), received)], timed, periods_a_year)


def flat_rates(period_rate: Decimal, count: int, periods_a_year: int | Decimal) -> AnnualRates:
    """
    Return what a flat rate really costs: `period_rate` of the first principal every period, with equal payments.

    0.6% a month over 12 months is 13.03% a year nominal, because on average half of the principal is repaid already.
    """
    payment = Decimal(1) / count + period_rate
    return annual_rates(Decimal(1), [payment] * count, periods_a_year)


def irr(advances: Sequence[TimedAmount], payments: Sequence[TimedAmount], periods_a_year: int | Decimal) -> AnnualRates:
    """
    Return both rates for sums received and paid at any time.

    :param advances, payments: the time in periods from the first day, fractions allowed, and minor units; a broken
        period compounds as a whole one does.
    :raises NoAnnualRate: see `rate_solver.solve`; or the rate is so high that a year of it cannot be written.
    """
    net: dict[Decimal, int | Decimal] = defaultdict(int)
    for at, minor in advances:
        net[at] += minor
    for at, minor in payments:
        net[at] -= minor
    times = sorted(net)
    root = solve([net[at] for at in times], _compounding(times))
    return _yearly(root, Decimal(periods_a_year))


def irr_by_dates(
    advances: Sequence[DatedAmount], payments: Sequence[DatedAmount], *, unit: UnitPeriod | None = None
) -> AnnualRates:
    """
    Return both rates for sums received and paid on days.

    :param unit: the period that a nominal rate is for; days make `irr_effective` the XIRR of spreadsheets. With None
        it is the period that occurs most often, and the days are counted in such periods as Regulation Z counts them;
        where none occurs twice, days are parts of a year of 365 and the nominal rate is that of a month.
    """
    received_on = sorted({on for on, _minor in advances})
    paid_on = sorted({on for on, _minor in payments})
    if not received_on or not paid_on:
        raise NoAnnualRate(_("There is no yearly rate for these payments: check the sum received and the payments."))
    start = min(received_on[0], paid_on[0])
    unit = unit or common_period(received_on, paid_on)
    month = Decimal(_YEAR_DAYS) / 12

    def at(on: date, series: Sequence[date]) -> Decimal:
        return Decimal((on - start).days) / month if unit is None else counted(start, on, unit, series=series).total

    return irr(
        [(at(on, received_on), minor) for on, minor in advances],
        [(at(on, paid_on), minor) for on, minor in payments],
        unit.a_year if unit else 12,
    )


def all_in_rates(terms: ScheduleTerms, rows: Sequence[Row]) -> AnnualRates:
    """
    Return the rates of a schedule with every fee.

    What was received is the principal less the fees kept back, each tranche on its day; what is paid are the rows.
    Agreed due dates lie whole periods apart, the first after a stub as many periods from the start as its due rule
    counts. Any other day, such as that of a tranche or one that a business calendar moved a payment to, lies between
    two of them in proportion to the days. Custom rows have no rule: see `irr_by_dates`.
    """
    advances, payments = _flows(terms, rows)
    if terms.method is Method.CUSTOM:
        return irr_by_dates(advances, payments)
    line = _timeline(terms)
    return irr(
        [(line.at(on), minor) for on, minor in advances],
        [(line.at(on), minor) for on, minor in payments],
        terms.due_rule.a_year,
    )


def worth_at(terms: ScheduleTerms, rows: Sequence[Row], effective: Decimal) -> Decimal | None:
    """
    Return what is received less what is paid, each at its worth on the first day at a yearly rate; minor units.

    Above 0 the loan costs less than this rate, and each minor unit kept back of the payout takes one away. None of
    custom rows, whose rates are another matter.
    """
    if terms.method is Method.CUSTOM:
        return None
    advances, payments = _flows(terms, rows)
    line = _timeline(terms)
    factor = (1 + effective) ** (-1 / Decimal(terms.due_rule.a_year))
    received = sum((minor * factor ** line.at(on) for on, minor in advances), Decimal(0))
    return received - sum((minor * factor ** line.at(on) for on, minor in payments), Decimal(0))


def all_in_rates_together(loans: Sequence[tuple[ScheduleTerms, Sequence[Row]]]) -> AnnualRates:
    """
    Return the rates of loans that are one borrowing, with every fee: each with a schedule of its own from its own day.

    The periods are those of the first loan, going on until the last payment of all; of one loan alone the rates are
    those of `all_in_rates`. A day of another loan lies between two due dates of the first in proportion to the days.
    Loans of which one is repaid before the next begins may have no single rate together; then the rates are those of
    the dearest of them, which is the stricter.

    :param loans: at least one, the first to be paid out first; by the same due rule, and none of custom rows.
    """
    first, _rows = loans[0]
    line = _timeline(first, until=max(rows[-1].due_on for _terms, rows in loans))
    flows = [_flows(terms, rows) for terms, rows in loans]
    advances = [(line.at(on), minor) for received, _paid in flows for on, minor in received]
    payments = [(line.at(on), minor) for _received, paid in flows for on, minor in paid]
    try:
        return irr(advances, payments, first.due_rule.a_year)
    except NoAnnualRate:
        each = [all_in_rates(terms, rows) for terms, rows in loans]
        return max(each, key=lambda rates: rates.irr_effective)


def _flows(terms: ScheduleTerms, rows: Sequence[Row]) -> tuple[list[DatedAmount], list[DatedAmount]]:
    """Return what is received and what is paid, each on its day."""
    later = sum(tranche.minor for tranche in terms.tranches)
    advances = [(terms.disbursed_on, terms.principal - later - terms.kept_back)]
    advances += [(tranche.on, tranche.minor) for tranche in terms.tranches]
    return advances, [(row.due_on, row.total) for row in rows]


@dataclass(frozen=True, slots=True)
class _Timeline:
    """Days on which a known number of periods have passed; beyond the last of them a period has its days of a year."""

    days: Sequence[date]
    times: Sequence[Decimal]
    days_a_period: Decimal

    def at(self, day: date) -> Decimal:
        index = bisect_right(self.days, day) - 1
        passed = (day - self.days[index]).days
        if not passed:
            return self.times[index]
        if index == len(self.days) - 1:
            return self.times[index] + passed / self.days_a_period
        share = Decimal(passed) / (self.days[index + 1] - self.days[index]).days
        return self.times[index] + share * (self.times[index + 1] - self.times[index])


def _timeline(terms: ScheduleTerms, until: date = date.min) -> _Timeline:
    """:param until: the periods go on at least to this day, beyond the last due date where it lies later."""
    rule, start = terms.due_rule, terms.disbursed_on
    dues, first = terms.nominal_due_dates(), rule.first_period(start)
    if terms.stub is Stub.OWN_ROW and not rule.starts_regularly(start):
        dues = [span.end for span in spans_of(replace(terms, business_day=BusinessDay.NONE))]
        first -= first > 1  # a long first period is cut into its odd days and a whole period
    count = terms.count
    while dues[-1] < until:
        dues = [*dues, *rule.due_dates(start, count + _AT_ONCE)[count:]]
        count += _AT_ONCE
    times = [first + number for number in range(len(dues))]
    return _Timeline([start, *dues], [Decimal(0), *times], Decimal(_YEAR_DAYS) / rule.a_year)


def _compounding(times: Sequence[Decimal]) -> Discounts:
    gaps = [later - earlier for earlier, later in zip([times[0], *times], times, strict=False)]

    def discounts(rate: Decimal) -> list[Decimal]:
        factor = 1 / (1 + rate)
        powers: dict[Decimal, Decimal] = {Decimal(0): Decimal(1), Decimal(1): factor}
        worth, factors = Decimal(1), []
        for gap in gaps:
            if gap not in powers:
                powers[gap] = factor**gap
            worth *= powers[gap]
            factors.append(worth)
        return factors

    return discounts


def _yearly(root: Root, periods_a_year: Decimal) -> AnnualRates:
    effective = (1 + root.rate) ** periods_a_year - 1
    if effective > _HIGHEST:
        raise NoAnnualRate(_("There is no yearly rate for these payments: check the sum received and the payments."))
    # Adding 0 turns a rounded −0 into 0.
    return AnnualRates(
        irr_nominal=(root.rate * periods_a_year).quantize(_PLACES) + 0,
        irr_effective=effective.quantize(_PLACES) + 0,
        iterations=root.iterations,
    )

"""
Days past due, overdue amounts, buckets and classification.

Days past due count calendar days from the due date of the oldest unpaid installment; the due day itself is 0.
Paying a newer installment never cures an older one. The published ABS-EE books of American servicers follow the same
count. `Counting` names what other lenders do differently; `material_days` is the count of the European definition of
default, which looks at amounts and not at the oldest installment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dashu.finance.day_counts import DayCount, days_between
from dashu.finance.installments import Installment


@dataclass(frozen=True, slots=True)
class Band:
    """A label for every count of days from `from_days` up to the next band's."""

    from_days: int
    code: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Bands in rising order, the first from 0 days: the delinquency buckets or the asset classification."""

    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        starts = [band.from_days for band in self.bands]
        if not starts or starts[0] != 0 or starts != sorted(set(starts)):
            raise ValueError(f"bands must rise from 0: {starts}")

    def code_for(self, days: int) -> str:
        return next(band.code for band in reversed(self.bands) if days >= band.from_days)


class CountedDays(StrEnum):
    """Calendar days, or months of 30 days: a month late is then 30 days in February too."""

    CALENDAR = "calendar"
    MONTHS_OF_30 = "months_of_30"


@dataclass(frozen=True, slots=True)
class Counting:
    """
    How days past due are counted.

    :param counts_due_day: the due day itself is day 1 of an installment that stays unpaid, not day 0.
    :param grace_days: the count begins this many days after the due date; an installment in grace is not past due.
    """

    counts_due_day: bool = False
    days: CountedDays = CountedDays.CALENDAR
    grace_days: int = 0

    def between(self, start: date, end: date) -> int:
        """Return the days from `start` (excluded) to `end` (included)."""
        if self.days is CountedDays.CALENDAR:
            return (end - start).days
        return days_between(start, end, DayCount.THIRTY_E_360)

    def past_due(self, oldest_due_on: date, as_of: date) -> int:
        """Return the days past due on `as_of` of an installment unpaid since `oldest_due_on`; 0 when it is not."""
        begins = oldest_due_on + timedelta(days=self.grace_days)
        if as_of <= begins:
            return 0
        return self.between(begins, as_of) + self.counts_due_day


_PLAIN = Counting()


@dataclass(frozen=True, slots=True)
class Materiality:
    """
    What an overdue amount must exceed to count: both bounds at once.

    :param absolute: minor units, such as 100 euros for retail and 500 for other exposures.
    :param relative: share of everything that is owed, such as 0.01.
    Source: Regulation (EU) 2018/171, articles 1 and 2.
    """

    absolute: int
    relative: Decimal

    def is_exceeded(self, overdue: int, exposure: int) -> bool:
        return overdue > self.absolute and overdue > exposure * self.relative


@dataclass(frozen=True, slots=True)
class OwedSince:
    """From `on` until the next such day, `overdue` of an exposure of `exposure` is past due; minor units."""

    on: date
    overdue: int
    exposure: int


def material_days(history: Sequence[OwedSince], as_of: date, materiality: Materiality) -> int:
    """
    Return for how many consecutive days up to `as_of` the overdue amount was material: 1 on its first day.

    The count stops when the amount falls to the threshold or below and begins again at 1 when it is exceeded again.

    :param history: in rising order of days.
    """
    since: date | None = None
    for entry in history:
        if entry.on > as_of:
            break
        if not materiality.is_exceeded(entry.overdue, entry.exposure):
            since = None
        elif since is None:
            since = entry.on
    return (as_of - since).days + 1 if since else 0


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that the effective count leaves out: `start` is the first, `end` the last; None while it still runs."""

    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Arrears:
    """Demanded and unpaid before the day: amounts in minor units, `oldest_due_on` None when nothing counts."""

    principal: int
    interest: int
    fee: int
    oldest_due_on: date | None
    days_past_due: int


def is_short(installment: Installment, tolerance_bps: int) -> bool:
    """
    Whether so much is unpaid that the installment counts as missed.

    :param tolerance_bps: shortfall that the product overlooks, in hundredths of a percent of the installment.
    """
    return installment.unpaid * 10_000 > installment.total * tolerance_bps


def arrears_of(
    installments: Iterable[Installment], as_of: date, *, tolerance_bps: int = 0, counting: Counting = _PLAIN
) -> Arrears:
    """Return what is overdue at the end of `as_of`. Amounts include overlooked shortfalls; days do not."""
    late = [row for row in installments if row.due_on < as_of and row.unpaid > 0]
    oldest = oldest_missed(late, as_of, tolerance_bps=tolerance_bps)
    return Arrears(
        principal=sum(row.unpaid_principal for row in late),
        interest=sum(row.unpaid_interest for row in late),
        fee=sum(row.unpaid_fee for row in late),
        oldest_due_on=oldest,
        days_past_due=counting.past_due(oldest, as_of) if oldest else 0,
    )


def oldest_missed(installments: Iterable[Installment], as_of: date, *, tolerance_bps: int = 0) -> date | None:
    """Return the earliest due date before `as_of` of an installment that counts as missed; None without one."""
    late = (row for row in installments if row.due_on < as_of and row.unpaid > 0)
    return min((row.due_on for row in late if is_short(row, tolerance_bps)), default=None)


def effective_days(
    oldest_due_on: date | None, as_of: date, pauses: Sequence[Pause], *, counting: Counting = _PLAIN
) -> int:
    """Return the days past due less the days that a pause covers; each covered day is left out once."""
    if oldest_due_on is None:
        return 0
    counted = counting.past_due(oldest_due_on, as_of)
    left_out_to = oldest_due_on + timedelta(days=counting.grace_days)
    for pause in sorted(pauses, key=lambda pause: pause.start):
        start = max(pause.start - timedelta(days=1), left_out_to)
        end = min(pause.end or as_of, as_of)
        if end > start:
            counted -= counting.between(start, end)
            left_out_to = end
    return max(0, counted)

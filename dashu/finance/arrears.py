"""
Days past due, overdue amounts, buckets and classification.

Days past due count calendar days from the due date of the oldest unpaid installment; the due day itself is 0.
Paying a newer installment never cures an older one. Source: domain notes 1.6; the servicers' own reports in the
published ABS-EE books follow the same count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

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


def arrears_of(installments: Iterable[Installment], as_of: date, *, tolerance_bps: int = 0) -> Arrears:
    """Return what is overdue at the end of `as_of`. Amounts include overlooked shortfalls; days do not."""
    late = [row for row in installments if row.due_on < as_of and row.unpaid > 0]
    oldest = min((row.due_on for row in late if is_short(row, tolerance_bps)), default=None)
    return Arrears(
        principal=sum(row.unpaid_principal for row in late),
        interest=sum(row.unpaid_interest for row in late),
        fee=sum(row.unpaid_fee for row in late),
        oldest_due_on=oldest,
        days_past_due=(as_of - oldest).days if oldest else 0,
    )


def effective_days(oldest_due_on: date | None, as_of: date, pauses: Sequence[Pause]) -> int:
    """Return the days past due less the days that a pause covers; each covered day is left out once."""
    if oldest_due_on is None:
        return 0
    counted = (as_of - oldest_due_on).days
    left_out_to = oldest_due_on
    for pause in sorted(pauses, key=lambda pause: pause.start):
        start = max(pause.start.toordinal() - 1, left_out_to.toordinal())
        end = min(pause.end or as_of, as_of).toordinal()
        if end > start:
            counted -= end - start
            left_out_to = date.fromordinal(end)
    return counted

"""
What is lost of a loan in default, by the months that it has been in default.

Every default since the window began counts for the months it was seen in, whether its story has ended or not, so that
young defaults do not pretend that nothing comes back from old ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from dashu.provisioning.domain.matrix import KEPT, PRECISION


@dataclass(frozen=True, slots=True)
class RecoveryMonth:
    """
    The n-th month after the default, over all defaults that were seen in it. Amounts in minor units.

    :param at_risk_minor: what was still missing at its beginning. :param recovered_minor: what came in within it.
    """

    loans: int
    at_risk_minor: int
    recovered_minor: int

    @property
    def rate(self) -> Decimal:
        """The share that came in, from 0 to 1."""
        if not self.at_risk_minor:
            return Decimal(0)
        with localcontext(prec=PRECISION):
            return min(Decimal(1), max(Decimal(0), Decimal(self.recovered_minor) / self.at_risk_minor))


def loss_curve(
    months: Sequence[RecoveryMonth],
    *,
    monthly_rate: Decimal,
    floor: Decimal,
    workout_months: int,
    assumed_loss: Decimal,
) -> tuple[Decimal, ...]:
    """
    Return the share that is lost of what is missing after 0, 1, … `workout_months` months in default.

    What comes in later is discounted to the month it is seen from: the worth of recoveries after j months is
    W(j) = (r(j+1) + (1 − r(j+1)) × W(j+1)) / (1 + i), and the loss 1 − W(j). Of months that no default has reached yet
    an assumption holds: what is taken to come back comes evenly over the workout, so that after the j-th month
    W(j) = (1 − assumed loss) × (workout − j) / workout is still to come. A young book so begins at the assumed share,
    and each month that was seen takes the place of a part of it.

    :param months: as far as they were seen, at most `workout_months`. :param monthly_rate: i, a fraction.
    :param floor: the least share.
    """
    with localcontext(prec=PRECISION):
        left = range(workout_months, len(months) - 1, -1)
        worths = [(1 - assumed_loss) * (workout_months - month) / workout_months for month in left]
        for month in reversed(months[:workout_months]):
            worths.append((month.rate + (1 - month.rate) * worths[-1]) / (1 + monthly_rate))
        return tuple(max(floor, 1 - worth).quantize(KEPT) for worth in reversed(worths))

"""The one place where an unrounded amount becomes whole minor units."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum


class Rounding(StrEnum):
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    UP = "up"
    DOWN = "down"


_MODES = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.UP: ROUND_CEILING,
    Rounding.DOWN: ROUND_FLOOR,
}


# A rate such as 0.07 / 12 has no exact decimal, so a product of it may end in …4999 where a half is meant. Whatever
# lies beyond this digit is such noise: amounts have up to 17 digits before the point and a Decimal carries 28.
_MEANT = Decimal("1e-9")


def to_minor(unrounded: Decimal, mode: Rounding, unit: int = 1) -> int:
    """
    Round an amount in minor units to whole minor units.

    :param unit: minor units that the result is a multiple of: 1 for a fen, 100 for a yuan, 1,000 for ten.
    """
    meant = unrounded.quantize(_MEANT, rounding=ROUND_HALF_EVEN)
    if unit == 1:
        return int(meant.to_integral_value(rounding=_MODES[mode]))
    return unit * int((meant / unit).to_integral_value(rounding=_MODES[mode]))

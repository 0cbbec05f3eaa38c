"""One loan in place of several: what it lends, at which rate, and from what each of the others ends."""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal

_MILLIONTH = Decimal("0.000001")


def average_rate(parts: Iterable[tuple[Decimal, int]]) -> Decimal:
    """
    Return the average of yearly rates, cut to 6 decimals so that it is never above the exact one.

    :param parts: the rate of each loan, and what ends it in minor units, by which it counts.
    """
    weighed, total = Decimal(0), 0
    for rate, minor in parts:
        weighed += rate * minor
        total += minor
    return (weighed / total).quantize(_MILLIONTH, rounding=ROUND_DOWN)

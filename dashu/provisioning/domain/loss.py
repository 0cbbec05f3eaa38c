"""
Expected credit loss of one loan: probability of default × share lost × exposure, month by month, discounted.

Probabilities, shares lost and discount factors are kept to 12 digits after the point and are multiplied as whole
numbers, so that the sum of a loan is exact and is rounded once, half up, to a minor unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from operator import mul

from dashu.provisioning.domain.matrix import KEPT, PRECISION

DIGITS = 12
ONE = 10**DIGITS


@dataclass(frozen=True, slots=True)
class Course:
    """One scenario for a loan. :param curve: probability of default by month; :param loss: the share lost."""

    code: str
    weight: Decimal
    curve: tuple[Decimal, ...]
    loss: Decimal


@dataclass(frozen=True, slots=True)
class Loss:
    """Minor units. `scenarios` are each rounded by themselves; `minor` is rounded once, from what none of them was."""

    minor: int
    scenarios: tuple[int, ...]
    pd_12: Decimal
    pd_lifetime: Decimal


@lru_cache(maxsize=10_000)
def monthly_rate(annual_rate: Decimal, all_in_rate: Decimal | None) -> Decimal:
    """
    Return the effective rate of a month, a fraction to 12 digits.

    :param all_in_rate: the effective annual rate with every fee, as disclosed; where none was, a twelfth of the
        contract's nominal rate, which for installments by the month is their own effective rate.
    """
    with localcontext(prec=PRECISION):
        if all_in_rate is None:
            return (annual_rate / 12).quantize(KEPT)
        return ((1 + all_in_rate) ** (Decimal(1) / 12) - 1).quantize(KEPT)


@lru_cache(maxsize=10_000)
def discount_factors(rate: Decimal, months: int) -> tuple[int, ...]:
    """Return 1 / (1 + rate)^t for t from 1 to `months`, as whole numbers of 10^-12."""
    with localcontext(prec=PRECISION):
        factor, found = Decimal(1), []
        for _month in range(months):
            factor /= 1 + rate
            found.append(scaled(factor))
        return tuple(found)


def scaled(number: Decimal) -> int:
    """Return a number as whole 10^-12."""
    return int(number.quantize(KEPT).scaleb(DIGITS))


class Outlook:
    """What may come of the loans of one kind, in all scenarios; it keeps what many loans ask for again."""

    def __init__(self, courses: Sequence[Course]) -> None:
        assert sum(course.weight for course in courses) == 1, "the weights of the scenarios add up to 1"
        self.courses = tuple(courses)
        self._curves = [[scaled(each) for each in course.curve] for course in courses]
        self._weights = [scaled(course.weight) for course in courses]
        self._losses = [scaled(course.loss) for course in courses]
        self._known: dict[int, Decimal] = {}

    def probability(self, months: int) -> Decimal:
        """Return the weighted probability of a default within so many months."""
        if months not in self._known:
            with localcontext(prec=PRECISION):
                each = (course.weight * sum(course.curve[:months], Decimal(0)) for course in self.courses)
                self._known[months] = sum(each, Decimal(0)).quantize(KEPT)
        return self._known[months]

    def expected(self, exposures: Sequence[int], rate: Decimal, *, months: int) -> Loss:
        """
        Return what is to be expected of a loan that is not in default.

        :param exposures: by month. :param rate: of a month, at which it is discounted.
        :param months: for which it answers, at most those of its exposures.
        """
        reach = min(months, len(exposures), *(len(curve) for curve in self._curves))
        parts = list(map(mul, exposures[:reach], discount_factors(rate, reach)))
        sums = [sum(map(mul, curve, parts)) * loss for curve, loss in zip(self._curves, self._losses, strict=True)]
        minor = _half_up(sum(map(mul, sums, self._weights)), ONE**4)
        rounded = tuple(_half_up(total, ONE**3) for total in sums)
        return Loss(minor, rounded, self.probability(min(12, len(exposures))), self.probability(len(exposures)))

    def in_default(self, exposure_minor: int) -> Loss:
        """Return what is lost of a loan in default: all that is left to be seen is how much of it."""
        sums = [exposure_minor * loss for loss in self._losses]
        minor = _half_up(sum(map(mul, sums, self._weights)), ONE**2)
        one = Decimal(1)
        return Loss(minor, tuple(_half_up(total, ONE) for total in sums), one, one)


def _half_up(number: int, unit: int) -> int:
    assert number >= 0, "a loss is not negative"
    return (2 * number + unit) // (2 * unit)

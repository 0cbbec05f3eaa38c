"""
The one rate at which what was paid out is worth what is paid back.

The equation is Σ amount × discount = 0, with amounts received by the borrower positive and payments negative. How a
rate discounts an amount differs: the internal rate of return compounds whole and broken periods alike, Regulation Z
counts simple interest in a broken period. Both are solved here: the root is first bracketed and then closed in on by
Chandrupatla's method (1997), which interpolates where it can and bisects where it must, so it always ends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashu.kernel.errors import DomainError, _

LOWEST, HIGHEST = Decimal("-0.99"), Decimal(1_000)
_EXACT = Decimal("1e-16")
_MOST_STEPS = 400

Discounts = Callable[[Decimal], Sequence[Decimal]]


class NoAnnualRate(DomainError):
    """No rate between −99% and 100,000% a period, or more than one, makes the payments worth what was received."""

    code = "no_annual_rate"


@dataclass(frozen=True, slots=True)
class Root:
    """:param iterations: how often the equation was evaluated."""

    rate: Decimal
    iterations: int


def solve(amounts: Sequence[int | Decimal], discounts: Discounts) -> Root:
    """
    Return the rate a period.

    :param amounts: in the order of time; positive what the borrower receives, negative what is paid.
    :param discounts: gives for a rate the factor of each amount; a later amount has the lower factor.
    :raises NoAnnualRate: there is no such rate, or none that is certainly the only one. It is the only one where the
        debt at this rate is never negative before the end (Soper 1959), as in every loan that is paid out and then
        paid back.
    """
    values = [Decimal(amount) for amount in amounts]
    steps = 0

    def excess(rate: Decimal) -> Decimal:
        nonlocal steps
        steps += 1
        return sum((amount * factor for amount, factor in zip(values, discounts(rate), strict=True)), Decimal(0))

    rate = _closed_in(excess, *_bracket(excess, values))
    _refuse_another_root(values, discounts(rate))
    return Root(rate, steps)


def _bracket(excess: Callable[[Decimal], Decimal], amounts: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Return two rates between which the sign changes; the excess rises with the rate."""
    if not amounts or max(amounts) <= 0 or min(amounts) >= 0:
        raise _none()
    near = Decimal(0)
    balance = excess(near)
    if balance == 0:
        return near, near
    if balance < 0:
        for far in (Decimal(2) ** power / 1000 for power in range(21)):
            far = min(far, HIGHEST)
            if excess(far) >= 0:
                return near, far
            near = far
    else:
        for far in (-(Decimal(2) ** power) / 1000 for power in range(11)):
            far = max(far, LOWEST)
            if excess(far) <= 0:
                return near, far
            near = far
    raise _none()


def _closed_in(excess: Callable[[Decimal], Decimal], one: Decimal, other: Decimal) -> Decimal:
    """Narrow the bracket: `a` is the newest rate, `b` lies across the root from it, `c` is the one before."""
    a, b = one, other
    if a == b:
        return a
    at_a, at_b = excess(a), excess(b)
    c, at_c = b, at_b
    part = Decimal("0.5")
    for _step in range(_MOST_STEPS):
        new = a + part * (b - a)
        at_new = excess(new)
        if (at_new > 0) == (at_a > 0):
            c, at_c = a, at_a
        else:
            c, at_c = b, at_b
            b, at_b = a, at_a
        a, at_a = new, at_new
        best, at_best = (a, at_a) if abs(at_a) < abs(at_b) else (b, at_b)
        if at_best == 0 or abs(b - a) <= _EXACT:
            return best
        part = _next_part(a, b, c, at_a, at_b, at_c)
    raise NoAnnualRate(_("The yearly rate of these payments could not be determined."))


def _next_part(a: Decimal, b: Decimal, c: Decimal, at_a: Decimal, at_b: Decimal, at_c: Decimal) -> Decimal:
    """Return how far to go from a to b: by inverse quadratic interpolation where that is safe, else half way."""
    least = _EXACT / abs(b - a) / 2
    xi, phi = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
    part = Decimal("0.5")
    if phi * phi < xi and (1 - phi) * (1 - phi) < 1 - xi:
        part = at_a / (at_b - at_a) * at_c / (at_b - at_c)
        part += (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)
    return min(max(part, least), 1 - least)


def _refuse_another_root(amounts: Sequence[Decimal], factors: Sequence[Decimal]) -> None:
    tolerance = sum(abs(amount) for amount in amounts) * Decimal("1e-12")
    debt = Decimal(0)
    for amount, factor in zip(amounts, factors, strict=True):
        debt += amount * factor
        if debt < -tolerance * max(factor, Decimal(1)):
            raise NoAnnualRate(_("These payments have no single yearly rate: more was paid in than was owed."))


def _none() -> NoAnnualRate:
    return NoAnnualRate(_("There is no yearly rate for these payments: check the sum received and the payments."))

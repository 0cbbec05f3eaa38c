"""
Holding a loan against the highest rates that the rules allow, and saying what would have to change.

Two bounds: the contract's own rate, above which nothing is quoted or lent, and the all-in yearly rate with every fee.
Rules speak of "the annual rate" without saying nominal or effective, so the stricter of the two, the higher one, is
held against the cap.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from dashu.finance.annual_rates import NoAnnualRate, all_in_rates, worth_at
from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import InvalidTerms, RateChange, ScheduleTerms
from dashu.kernel.errors import DomainError, _

_KEPT_BACK = (FeeTiming.UPFRONT, FeeTiming.UPFRONT_PAID)
_MICRO = 10**6
_HIGHEST_RATE = 10 * _MICRO
_NEIGHBORS = 3
_HALF_A_PLACE = Decimal("0.0000005")  # a rate that is shown as the cap may be so much above it


class RateAboveBound(DomainError):
    """The contract's yearly rate lies above the bound of the policy pack; `details` names the rule."""

    code = "rate_above_bound"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """
    What a policy pack allows on a day; rates as fractions a year.

    :param highest_contract: of the contract's nominal rate, without fees.
    :param cap: of the all-in rate.
    """

    pack: str
    highest_contract: Decimal
    cap: Decimal
    cap_source: str = ""

    def refuse_above_bound(self, annual_rate: Decimal, *, field: str = "annual_rate") -> None:
        """:raises RateAboveBound: the contract's rate is higher than the pack allows."""
        if annual_rate > self.highest_contract:
            raise RateAboveBound(
                _("The policy pack %(pack)s allows a contract rate of at most %(bound)s a year."),
                field=field,
                params={"pack": self.pack, "bound": self.highest_contract},
                details={"rule": "rate.highest_contract", "bound": str(self.highest_contract)},
            )


@dataclass(frozen=True, slots=True)
class CapCheck:
    """
    Rates are compared as they are shown, to 6 decimals.

    :param annual_rate: the stricter of the nominal and the effective all-in rate.
    :param margin: rate points that are left below the cap; negative above it.
    :param highest_contract_rate: at which, fees unchanged, the loan just fits; to 6 decimals. None: no rate fits.
    :param highest_upfront_fee: all fees kept back, in minor units, with which at the unchanged contract rate the loan
        just fits. None: it does not fit without any.
    """

    cap: Decimal
    annual_rate: Decimal
    highest_contract_rate: Decimal | None
    highest_upfront_fee: int | None

    @property
    def margin(self) -> Decimal:
        return self.cap - self.annual_rate

    @property
    def is_within(self) -> bool:
        return self.margin >= 0


def check_cap(terms: ScheduleTerms, cap: Decimal) -> CapCheck:
    """
    Hold the all-in rate of `terms` against the cap and find the nearest terms that fit.

    Changing the contract rate shifts later rates by as much, and the schedule is built anew for each rate that is
    tried.

    :raises InvalidTerms, NoAnnualRate: the terms have no schedule or no rate.
    """

    def excess_at_rate(micro: int) -> Decimal | None:
        return _excess(lambda: _with_rate(terms, Decimal(micro).scaleb(-6)), cap)

    def excess_with_fee(minor: int) -> Decimal | None:
        return _excess(lambda: _with_upfront_fee(terms, minor), cap)

    annual_rate = _stricter(terms)
    near_rate, near_fee = _rate_near(terms, annual_rate, cap), _fee_near(terms, cap)
    highest_rate = _highest(excess_at_rate, int(terms.annual_rate * _MICRO), _HIGHEST_RATE, near=near_rate)
    return CapCheck(
        cap=cap,
        annual_rate=annual_rate,
        highest_contract_rate=None if highest_rate is None else Decimal(highest_rate).scaleb(-6),
        highest_upfront_fee=_highest(excess_with_fee, terms.kept_back, terms.principal - 1, near=near_fee),
    )


def _stricter(terms: ScheduleTerms) -> Decimal:
    rates = all_in_rates(terms, build_schedule(terms))
    return max(rates.irr_nominal, rates.irr_effective)


def _excess(changed: Callable[[], ScheduleTerms], cap: Decimal) -> Decimal | None:
    """Return by how much the rate of changed terms exceeds the cap; None where there can be no such terms."""
    try:
        return _stricter(changed()) - cap
    except (InvalidTerms, NoAnnualRate):
        return None


def _with_rate(terms: ScheduleTerms, annual_rate: Decimal) -> ScheduleTerms:
    shift = annual_rate - terms.annual_rate
    changes = tuple(RateChange(change.on, max(change.annual_rate + shift, Decimal(0))) for change in terms.rate_changes)
    return replace(terms, annual_rate=annual_rate, rate_changes=changes)


def _with_upfront_fee(terms: ScheduleTerms, minor: int) -> ScheduleTerms:
    others = tuple(fee for fee in terms.fees if fee.timing not in _KEPT_BACK)
    return replace(terms, fees=(*others, Fee("upfront", minor, FeeTiming.UPFRONT)))


def _fee_near(terms: ScheduleTerms, cap: Decimal) -> int | None:
    """Return about which fee kept back brings the loan to the cap: what it is worth beyond what is paid, at the cap."""
    left = _worth(_with_upfront_fee(terms, 0), cap)
    return None if left is None else int(left)


def _rate_near(terms: ScheduleTerms, annual_rate: Decimal, cap: Decimal) -> int | None:
    """Return about which contract rate, in millionths, brings the loan to the cap, by three steps of secants."""
    a, b = terms.annual_rate, terms.annual_rate + cap - annual_rate
    for _step in range(3):
        if b < 0 or a == b:
            return None
        at_a, at_b = _worth(_with_rate(terms, a), cap), _worth(_with_rate(terms, b), cap)
        if at_a is None or at_b is None or at_a == at_b:
            return None
        a, b = b, b - at_b * (b - a) / (at_b - at_a)
    return int(b * _MICRO) if b >= 0 else None


def _worth(terms: ScheduleTerms, cap: Decimal) -> Decimal | None:
    try:
        return worth_at(terms, build_schedule(terms), cap + _HALF_A_PLACE)
    except (InvalidTerms, NoAnnualRate):
        return None


def _highest(excess: Callable[[int], Decimal | None], start: int, top: int, *, near: int | None = None) -> int | None:
    """
    Return the highest whole number from 0 to `top` whose excess is not above 0; None if that of 0 is.

    The excess rises with the number. Where `near` or a neighbor of it is the one, that is all; otherwise the search
    steps out from `start` and closes in by false position (Illinois), with a bisection wherever that does not help.
    """

    def fits(at: Decimal | None) -> bool:
        return at is not None and at <= 0

    if near is not None and _NEIGHBORS < near < top - _NEIGHBORS:
        step = 1 if fits(excess(near)) else -1
        for number in range(near, near + _NEIGHBORS * step, step):
            if fits(excess(number + step)) is not (step == 1):
                return number if step == 1 else number - 1
    low, high = start, start
    at_low = at_high = excess(start)
    if fits(at_low):
        step = max(start // 8, top // 1_000, 1)
        while fits(at_high):
            if high == top:
                return top
            low, at_low = high, at_high
            high, step = min(high + step, top), step * 4
            at_high = excess(high)
    else:
        low, at_low = 0, excess(0)
        if not fits(at_low):
            return None
    return _closed_in(excess, low, high, at_low, at_high)


def _closed_in(
    excess: Callable[[int], Decimal | None], low: int, high: int, at_low: Decimal | None, at_high: Decimal | None
) -> int:
    """Return the last number that fits, with `low` fitting and `high` not."""
    turn = 0
    while high - low > 1:
        turn += 1
        middle = (low + high) // 2
        if at_low is not None and at_high is not None and turn % 4:
            middle = low + int((high - low) * at_low / (at_low - at_high))
            middle = min(max(middle, low + 1), high - 1)
        found = excess(middle)
        if found is not None and found <= 0:
            low, at_low = middle, found
            at_high = at_high / 2 if at_high is not None else None
        else:
            high, at_high = middle, found
            at_low = at_low / 2 if at_low is not None else None
    return low

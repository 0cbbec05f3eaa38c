"""
Penalty on what is overdue: simple, daily, never on penalty itself.

The charge is kept as an exact whole number of "parts" (minor units × millionths of the yearly rate × days), so no
day's rounding is ever lost or gained; whole minor units are charged as the parts reach them.
The all-in cap clips it: on overdue principal, what interest and penalty together may cost a day. Both sums are kept
without end, the penalty the rule alone would charge and the room the cap leaves, so what was clipped can be shown.
Source: PBC 银发〔2003〕251号 (contract rate × 1.3–1.5); 法发〔2017〕22号 for the cap on everything together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from functools import cache

from dashu.finance.arrears import Pause
from dashu.finance.installments import Installment


class PenaltyBase(StrEnum):
    PRINCIPAL = "principal"
    PRINCIPAL_AND_INTEREST = "principal_and_interest"


@dataclass(frozen=True, slots=True)
class PenaltyRule:
    """
    :param annual_rate: a fraction to at most 6 decimals; 0 charges nothing.
    :param year_days: days of the rate's year, 360 or 365.
    :param grace_days: days after the due date that are never charged.
    :param all_in_cap: yearly rate that penalty and interest that runs on beside it may cost on overdue principal, late
        fees included; None: the rule is not capped.
    """

    annual_rate: Decimal = Decimal(0)
    base: PenaltyBase = PenaltyBase.PRINCIPAL
    year_days: int = 360
    grace_days: int = 0
    all_in_cap: Decimal | None = None

    @property
    def rate_millionths(self) -> int:
        return _millionths(self.annual_rate)

    def room_millionths(self, running_rate: Decimal) -> int:
        """Return the yearly rate that the cap leaves beside interest that runs on; only for a capped rule."""
        assert self.all_in_cap is not None
        return max(0, _millionths(self.all_in_cap) - _millionths(running_rate))

    @property
    def parts_per_minor(self) -> int:
        return 1_000_000 * self.year_days

    def whole_minor(self, parts: int) -> int:
        """Return the whole minor units that have been reached; a started one is not charged."""
        return parts // self.parts_per_minor


@cache
def _millionths(rate: Decimal) -> int:
    scaled = rate * 1_000_000
    assert scaled == scaled.to_integral_value(), f"a rate finer than a millionth: {rate}"
    return int(scaled)


def penalty_rate(contract_rate: Decimal, *, multiplier: Decimal, cap: Decimal) -> Decimal:
    """Return the yearly penalty rate: the contract rate times the multiplier, clipped to the cap, to 6 decimals."""
    return min(contract_rate * multiplier, cap).quantize(Decimal("0.000001"), rounding=ROUND_DOWN)


def penalty_parts(
    installments: Iterable[Installment], after: date, through: date, rule: PenaltyRule, *, pauses: Sequence[Pause] = ()
) -> int:
    """
    Return the parts that the days after `after` up to and including `through` add, before any cap.

    A day is charged for an installment when it ends with the installment overdue beyond the grace days, on the
    unpaid base as it stands; days inside a pause are not charged.
    """
    base_days, _principal_days = _charged_days_of(installments, after, through, rule, pauses)
    return base_days * rule.rate_millionths


def penalty_base(
    installments: Iterable[Installment], on: date, rule: PenaltyRule, *, pauses: Sequence[Pause] = ()
) -> int:
    """Return the minor units on which the day `on` is charged as the installments stand; 0 inside a pause."""
    base, _principal = _charged_days_of(installments, on - timedelta(days=1), on, rule, pauses)
    return base


def penalty_growth(
    installments: Iterable[Installment],
    after: date,
    through: date,
    rule: PenaltyRule,
    *,
    pauses: Sequence[Pause] = (),
    running_rate: Decimal = Decimal(0),
) -> tuple[int, int]:
    """
    Return what the days add to the penalty before the cap, and to the room that the cap leaves, both in parts.

    :param running_rate: yearly rate of interest that runs on on overdue principal (daily interest); else 0.
    """
    base_days, principal_days = _charged_days_of(installments, after, through, rule, pauses)
    if not base_days:
        return 0, 0
    room = 0 if rule.all_in_cap is None else principal_days * rule.room_millionths(running_rate)
    return base_days * rule.rate_millionths, room


@dataclass(frozen=True, slots=True)
class PenaltyPiece:
    """
    What the days of one overdue installment charge while nothing of it changes.

    :param base: minor units; `principal` is what of it is principal.
    :param first, last: the first and the last of the days, of which a pause may leave out some.
    :param days: that are charged.
    """

    row: Installment
    base: int
    principal: int
    first: date
    last: date
    days: int

    def parts(self, rule: PenaltyRule) -> int:
        return self.base * self.days * rule.rate_millionths


def penalty_pieces(
    installments: Iterable[Installment], after: date, through: date, rule: PenaltyRule, *, pauses: Sequence[Pause] = ()
) -> Iterator[PenaltyPiece]:
    """Yield what the days after `after` up to and including `through` charge for each installment, before any cap."""
    with_interest = rule.base is PenaltyBase.PRINCIPAL_AND_INTEREST
    grace = timedelta(days=rule.grace_days)
    for row in installments:
        if not row.unpaid or row.due_on >= through:
            continue
        principal = row.unpaid_principal
        base = principal + row.unpaid_interest if with_interest else principal
        if base > 0 and through > (start := max(after, row.due_on + grace)):
            days = _charged_days(start, through, pauses)
            if days:
                yield PenaltyPiece(row, base, principal, start + timedelta(days=1), through, days)


def _charged_days_of(
    installments: Iterable[Installment], after: date, through: date, rule: PenaltyRule, pauses: Sequence[Pause]
) -> tuple[int, int]:
    """Return minor units times charged days, of the rule's base and of the principal in it."""
    base_days = principal_days = 0
    for piece in penalty_pieces(installments, after, through, rule, pauses=pauses):
        base_days += piece.base * piece.days
        principal_days += piece.principal * piece.days
    return base_days, principal_days


def _charged_days(start: date, through: date, pauses: Sequence[Pause]) -> int:
    """Count the days after `start` up to `through` that lie in no pause."""
    days = (through - start).days
    counted_to = start
    for pause in sorted(pauses, key=lambda pause: pause.start):
        first = max(pause.start - timedelta(days=1), counted_to)
        last = min(pause.end or through, through)
        if last > first:
            days -= (last - first).days
            counted_to = last
    return days

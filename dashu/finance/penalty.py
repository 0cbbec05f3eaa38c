"""
Penalty on what is overdue: simple, daily, never on penalty itself.

The charge is kept as an exact whole number of "parts" (minor units × millionths of the yearly rate × days), so no
day's rounding is ever lost or gained; whole minor units are charged as the parts reach them.
Source: PBC 银发〔2003〕251号 (contract rate × 1.3–1.5), clipped to the lender's all-in cap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

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
    """

    annual_rate: Decimal = Decimal(0)
    base: PenaltyBase = PenaltyBase.PRINCIPAL
    year_days: int = 360
    grace_days: int = 0

    @property
    def rate_millionths(self) -> int:
        scaled = self.annual_rate * 1_000_000
        assert scaled == scaled.to_integral_value(), f"penalty rate finer than a millionth: {self.annual_rate}"
        return int(scaled)

    @property
    def parts_per_minor(self) -> int:
        return 1_000_000 * self.year_days

    def whole_minor(self, parts: int) -> int:
        """Return the whole minor units that have been reached; a started one is not charged."""
        return parts // self.parts_per_minor


def penalty_rate(contract_rate: Decimal, *, multiplier: Decimal, cap: Decimal) -> Decimal:
    """Return the yearly penalty rate: the contract rate times the multiplier, clipped to the cap, to 6 decimals."""
    return min(contract_rate * multiplier, cap).quantize(Decimal("0.000001"), rounding=ROUND_DOWN)


def penalty_parts(
    installments: Iterable[Installment], after: date, through: date, rule: PenaltyRule, *, pauses: Sequence[Pause] = ()
) -> int:
    """
    Return the parts that the days after `after` up to and including `through` add.

    A day is charged for an installment when it ends with the installment overdue beyond the grace days, on the
    unpaid base as it stands; days inside a pause are not charged.
    """
    total = 0
    for row in installments:
        base = row.unpaid_principal
        if rule.base is PenaltyBase.PRINCIPAL_AND_INTEREST:
            base += row.unpaid_interest
        start = max(after, row.due_on + timedelta(days=rule.grace_days))
        if base > 0 and through > start:
            total += base * _charged_days(start, through, pauses)
    return total * rule.rate_millionths


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

"""
The sums behind the calculators: plain values in and out, every one of them by the arithmetic that books loans.

Amounts are whole fen, rates are fractions. A sum that makes no sense is refused with the name of the field.
"""

from datetime import date

from dashu.kernel.errors import DomainError

# Periods are months of 30 days here, so that the day on which an example begins changes nothing.
ANY_DAY = date(2026, 9, 15)


class CannotCalculate(DomainError):
    """What was typed contradicts itself; `field` is what to look at again."""

    code = "cannot_calculate"

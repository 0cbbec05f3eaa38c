"""What the reports of money are made of: prepayment, yield, concentration. Fractions of four decimals, half up."""

from decimal import ROUND_HALF_UP, Decimal

MONTHS_OF_A_YEAR = 12
_FOUR = Decimal("0.0001")


def smm(prepaid: int, before: int, scheduled: int) -> Decimal | None:
    """
    Return the single monthly mortality: what came early ÷ what was left of the principal after what was due.

    :param before: principal at the beginning. :param scheduled: principal that came because it was due.
    :returns: None where nothing was left that could be paid early. Source: SIFMA standard formulas, SMM.
    """
    left = before - scheduled
    return _rounded(Decimal(prepaid) / left) if left > 0 else None


def cpr(prepaid: int, before: int, scheduled: int) -> Decimal | None:
    """Return the constant prepayment rate of a year, 1 − (1 − SMM)¹². Source: SIFMA standard formulas, CPR."""
    left = before - scheduled
    if left <= 0:
        return None
    stays = max(1 - Decimal(prepaid) / left, Decimal(0))
    return _rounded(1 - stays**MONTHS_OF_A_YEAR)


def annualised(income: int, average: Decimal, months: int) -> Decimal | None:
    """Return the income of some months as a yearly fraction of the average principal; None where there is none."""
    if average <= 0 or months <= 0:
        return None
    return _rounded(Decimal(income) * MONTHS_OF_A_YEAR / (average * months))


def herfindahl(squares: int | Decimal, total: int | Decimal) -> Decimal | None:
    """
    Return the Herfindahl–Hirschman index in points, 10,000 where all is owed by one; None where nothing is owed.

    :param squares: the sum of the squares of the amounts. :param total: their sum, and that of what is owed by nobody.
    """
    if not total:
        return None
    return (Decimal(squares) * 10_000 / (Decimal(total) * Decimal(total))).quantize(Decimal(1), ROUND_HALF_UP)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_FOUR, ROUND_HALF_UP)

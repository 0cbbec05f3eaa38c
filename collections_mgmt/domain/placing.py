"""Work of agencies in figures: what they are paid, and when they have to be looked at again."""

from collections.abc import Sequence
from datetime import date, timedelta

from dashu.kernel.dates import add_months

BPS = 10_000


def commission(collected_minor: int, bps: int) -> int:
    """
    Return what an agency gets for one payment, in minor units, rounded half up.

    It is rounded for each payment, and never for a sum, so that every line of a bill can be checked by itself.

    :param collected_minor: what the payment paid of the debt.
    """
    return (collected_minor * bps + BPS // 2) // BPS


def rate_at(days: int, rates: Sequence[tuple[int, int]]) -> int:
    """Return the bps for a debt of so many days: of the highest start that it has reached, or 0 below all of them."""
    return next((bps for starts, bps in sorted(rates, reverse=True) if days >= starts), 0)


def evaluation_due_on(
    *, contract_from: date, contract_to: date, evaluated_on: date | None, months: int, before_end_days: int
) -> date:
    """
    Return by when an agency has to be evaluated: so many months after the last time, and in any case once within the
    days before its contract ends.
    """
    since = evaluated_on or contract_from
    regular = add_months(since, months)
    if evaluated_on is not None and evaluated_on >= contract_to - timedelta(days=before_end_days):
        return regular
    return min(regular, contract_to)

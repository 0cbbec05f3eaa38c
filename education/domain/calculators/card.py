"""A card balance repaid by its minimum, and by an amount that stays the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import CardPlan, Method, NegativeAmortization, ScheduleTerms
from dashu.kernel.errors import _
from education.domain.calculators import ANY_DAY, CannotCalculate

YEAR_DAYS = 365
LONGEST = 600  # months; what takes longer never ends for any practical purpose


@dataclass(frozen=True, slots=True)
class Card:
    """:param share: of balance and interest that is asked for at least, a fraction; never less than `floor`."""

    balance: int
    daily_rate: Decimal
    share: Decimal
    floor: int

    def repaid(self, plan: CardPlan, count: int = LONGEST) -> Sequence[Row]:
        rate = self.daily_rate * YEAR_DAYS
        return build_schedule(ScheduleTerms(self.balance, rate, Method.CARD_PLAN, count, ANY_DAY, card_plan=plan))


@dataclass(frozen=True, slots=True)
class Way:
    """:param balances: what is owed at the beginning and after each month."""

    months: int
    interest: int
    first: int
    balances: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Minimum:
    """:param minimum: None where the balance would not end in fifty years."""

    minimum: Way | None
    fixed: Way

    @property
    def saved(self) -> int | None:
        return self.minimum.interest - self.fixed.interest if self.minimum else None


def minimum(card: Card, *, fixed: int | None = None) -> Minimum:
    """
    Compare paying the minimum with paying an amount that stays the same.

    :param fixed: a month, fen; None: the first minimum, kept as it is.
    :raises CannotCalculate: that amount does not pay the interest, or the balance would not end in fifty years.
    """
    way = _way(card, CardPlan(fixed=first_minimum(card) if fixed is None else fixed))
    if way is None:
        raise CannotCalculate(
            _("This amount hardly pays the interest, so the balance would never end. Try a higher one."), field="fixed"
        )
    return Minimum(_way(card, CardPlan(share=card.share, floor=card.floor)), way)


def first_minimum(card: Card) -> int:
    """Return what the first bill asks for at least."""
    terms = ScheduleTerms(card.balance, card.daily_rate * YEAR_DAYS, Method.BULLET, 1, ANY_DAY)
    owed = build_schedule(terms)[0].total
    return min(owed, max(card.floor, to_minor(owed * card.share, Rounding.HALF_UP)))


def _way(card: Card, plan: CardPlan) -> Way | None:
    try:
        rows = card.repaid(plan)
    except NegativeAmortization:
        return None
    if len(rows) == LONGEST:
        return None
    return Way(len(rows), sum(row.interest for row in rows), rows[0].total, (card.balance, *(r.balance for r in rows)))

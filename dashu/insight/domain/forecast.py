"""
The next months of a book by a Markov chain, and how far such forecasts were off before.

The chain moves what stands in each bucket by the rates of the latest months together, and adds what arrived in an
average month of them. Nothing is rounded on the way; an amount is rounded once, when it is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from collections_mgmt.domain.desk_figures import GONE
from dashu.insight.domain.transitions import Flows, Rates, arrivals, rates, standing, together

LEAST_MONTHS = 3  # with fewer of them there is no forecast

State = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Chain:
    """:param arrive: what is added each month, by bucket."""

    rates: Rates
    arrive: State

    def after(self, state: State) -> dict[str, Decimal]:
        """Return the state a month later. What nobody was ever seen to leave stays where it is."""
        found: dict[str, Decimal] = dict(self.arrive)
        for bucket, amount in state.items():
            for to, rate in self.rates.get(bucket, {bucket: Decimal(1)}).items():
                if to not in GONE:
                    found[to] = found.get(to, Decimal(0)) + amount * rate
        return found


def chain_of(months: Sequence[Flows], *, by_balance: bool) -> Chain:
    """Return the chain of some months taken together."""
    flows = together(months)
    count = Decimal(len(months))
    arrive = {bucket: amount / count for bucket, amount in arrivals(flows, by_balance=by_balance).items()}
    return Chain(rates(flows, by_balance=by_balance), arrive)


def forecast(months: Sequence[Flows], *, steps: int, by_balance: bool) -> list[dict[str, Decimal]]:
    """
    Return the states of the `steps` months after the last of these, the chain being that of all of them.

    Nothing with fewer than `LEAST_MONTHS` months.
    """
    if len(months) < LEAST_MONTHS:
        return []
    chain = chain_of(months, by_balance=by_balance)
    state: State = {code: Decimal(amount) for code, amount in standing(months[-1], by_balance=by_balance).items()}
    found = []
    for _step in range(steps):
        state = chain.after(state)
        found.append(dict(state))
    return found


@dataclass(frozen=True, slots=True)
class Tried:
    """A forecast of the past, beside what came. :param made: the last month that it knew. :param ahead: months."""

    made: date
    ahead: int
    foretold: int
    came: int

    @property
    def error(self) -> int:
        return self.foretold - self.came

    @property
    def share_off(self) -> Decimal | None:
        """How far it was off, as a part of what came; None where nothing came."""
        return Decimal(abs(self.error)) / self.came if self.came else None


def back_test(
    months: Sequence[tuple[date, Flows]], *, of: frozenset[str], averaged: int, steps: int, by_balance: bool
) -> list[Tried]:
    """
    Make each forecast that could have been made at the end of one of these months, and return it beside what came.

    Each knows only what was known then: the `averaged` months up to it, all of which must be there without a gap.

    :param months: in their order, those that are kept. :param of: the buckets whose sum is compared.
    """
    found = []
    flows = dict(months)
    order = [month for month, _flows in months]
    for place, made in enumerate(order):
        known = order[max(0, place + 1 - averaged) : place + 1]
        if len(known) < averaged or not _is_unbroken(known):
            continue
        if not any(_ahead(made, month) <= steps for month in order[place + 1 :]):
            continue
        states = forecast([flows[month] for month in known], steps=steps, by_balance=by_balance)
        for ahead, state in enumerate(states, start=1):
            came = next((month for month in order if _ahead(made, month) == ahead), None)
            if came is not None:
                truth = standing(flows[came], by_balance=by_balance)
                found.append(
                    Tried(made, ahead, summed(state, of), sum(amount for code, amount in truth.items() if code in of))
                )
    return found


def mean_off(tried: Sequence[Tried]) -> Decimal | None:
    """Return the mean absolute percentage error as a fraction (MAPE); None where nothing ever came."""
    shares = [each.share_off for each in tried if each.share_off is not None]
    return sum(shares, Decimal(0)) / len(shares) if shares else None


def summed(state: State, of: frozenset[str] | None = None) -> int:
    """Return the sum over these buckets, or all of them; rounded here, half up, and only here."""
    total = sum((amount for code, amount in state.items() if of is None or code in of), Decimal(0))
    return int(total.quantize(Decimal(1), ROUND_HALF_UP))


def _ahead(made: date, month: date) -> int:
    return (month.year - made.year) * 12 + month.month - made.month


def _is_unbroken(months: Sequence[date]) -> bool:
    return bool(months) and _ahead(months[0], months[-1]) == len(months) - 1

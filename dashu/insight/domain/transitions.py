"""
Where loans of one bucket are a month later: counts, balances and rates of one month or of several together.

By balance a rate is principal in the bucket at the end divided by principal in the bucket at the beginning, as the
domain notes have it; what was repaid in between is why a line adds up to less than one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from collections_mgmt.domain.desk_figures import GONE, NEW

Pair = tuple[str, str]  # the bucket at the beginning, and at the end
Rates = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Flow:
    """The loans that went one way within a month. :param before, after: principal in minor units at both ends."""

    loans: int = 0
    before: int = 0
    after: int = 0

    def __add__(self, other: "Flow") -> "Flow":
        return Flow(self.loans + other.loans, self.before + other.before, self.after + other.after)


Flows = Mapping[Pair, Flow]


def together(months: Iterable[Flows]) -> dict[Pair, Flow]:
    """Return the flows of several months as of one: in their rates each month weighs by what it held."""
    found: dict[Pair, Flow] = {}
    for flows in months:
        for pair, flow in flows.items():
            found[pair] = found.get(pair, Flow()) + flow
    return found


def started(flows: Flows, bucket: str) -> Flow:
    """Return all that began in a bucket."""
    total = Flow()
    for (before, _after), flow in flows.items():
        if before == bucket:
            total += flow
    return total


def rates(flows: Flows, *, by_balance: bool) -> dict[str, dict[str, Decimal]]:
    """Return, for each bucket that something began in, what part of it ended in each other. Not rounded."""
    found: dict[str, dict[str, Decimal]] = {}
    wholes = {before: started(flows, before) for before, _after in flows}
    for (before, after), flow in flows.items():
        whole = wholes[before].before if by_balance else wholes[before].loans
        if whole:
            found.setdefault(before, {})[after] = Decimal(flow.after if by_balance else flow.loans) / whole
    return found


def standing(flows: Flows, *, by_balance: bool) -> dict[str, int]:
    """Return what is running at the end, by bucket."""
    found: dict[str, int] = {}
    for (_before, after), flow in flows.items():
        if after not in GONE:
            found[after] = found.get(after, 0) + (flow.after if by_balance else flow.loans)
    return found


def arrivals(flows: Flows, *, by_balance: bool) -> dict[str, int]:
    """Return what is running at the end and was not at the beginning: new loans, and those that came back."""
    came = {pair: flow for pair, flow in flows.items() if pair[0] == NEW or pair[0] in GONE}
    return standing(came, by_balance=by_balance)

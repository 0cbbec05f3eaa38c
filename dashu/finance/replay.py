"""
A loan's whole life from its terms and its events, on plain values.

Events count from their value date `on`; those of one day in the order in which they were posted. A fee may be entered
before it is due: it counts from the earlier of the two days, ties in the order of entry. A reversal counts
from its own value date: before it the reversed event still counts, from it on the loan is as if that event had never
been, and as if what replaces it had always been. Everything else is `dashu.finance.loan`, the same steps as in the live
book.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date

from dashu.finance.events import MONEY, OPENING, REVERSIBLE, Event, EventType
from dashu.finance.life import DateOutsideContract, DuplicateEvent, Life
from dashu.finance.loan import Contract, Position, Receipt
from dashu.finance.terms import ScheduleTerms
from dashu.kernel.errors import DomainError, _

__all__ = [
    "MONEY",
    "REVERSIBLE",
    "DateOutsideContract",
    "DuplicateEvent",
    "Event",
    "EventType",
    "History",
    "PaymentResult",
    "Replay",
    "Snapshot",
    "Step",
    "UnknownEvent",
    "live_through",
    "positions_at",
]


class UnknownEvent(DomainError):
    """A reversal names an event that is not in the list, cannot be reversed, or was reversed before."""

    code = "unknown_event"


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """
    What a payment paid, as far as known at the end of the events.

    :param reversed_on: from this day on it does not count; None: it counts. The receipt is that of the time before.
    """

    event: Event
    receipt: Receipt
    reversed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The loan at the end of a day, not yet accrued through it; None before the loan was paid out."""

    as_of: date
    position: Position | None


@dataclass(frozen=True, slots=True)
class Replay:
    snapshots: tuple[Snapshot, ...]
    payments: tuple[PaymentResult, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """The loan right after one event. `index` is the event's place in the list that was given."""

    index: int
    on: date
    position: Position
    contract: Contract


@dataclass(frozen=True, slots=True)
class History:
    """
    A loan's life, event by event.

    :param steps: in the order in which the events count.
    :param receipts: what each payment paid as known at the end, by its index; a reversed one has none.
    :param terms: what the schedule in force was computed from, its rows numbered from `first_number`.
    """

    steps: tuple[Step, ...]
    receipts: dict[int, Receipt]
    terms: ScheduleTerms | None
    first_number: int

    @property
    def position(self) -> Position:
        return self.steps[-1].position

    @property
    def contract(self) -> Contract:
        return self.steps[-1].contract


def positions_at(terms: ScheduleTerms, rules: Contract, events: Sequence[Event], as_of_dates: Sequence[date]) -> Replay:
    """
    Replay the events and return the loan at each of the dates, and what each payment paid.

    :param rules: the contract of these terms: waterfall, penalty, tolerance.
    :raises DomainError: an event does not fit; `field` is its place in the document.
    """
    run = _Run(terms, rules, events)
    waiting = sorted(set(as_of_dates), reverse=True)
    found: dict[date, Position | None] = {}
    for index in run.order:
        while waiting and waiting[-1] < events[index].counts_from:
            found[waiting[-1]] = run.life.credited(waiting[-1])
            waiting.pop()
        run.step(index)
    for as_of in waiting:
        found[as_of] = run.life.credited(as_of)
    receipts = run.reversed_receipts | run.life.receipts
    return Replay(
        snapshots=tuple(Snapshot(as_of, found[as_of]) for as_of in as_of_dates),
        payments=tuple(
            PaymentResult(events[index], receipts[index], run.left_out.get(index))
            for index in run.order
            if index in receipts
        ),
    )


def live_through(terms: ScheduleTerms | None, rules: Contract, events: Sequence[Event]) -> History:
    """
    Replay the events and return the loan after each of them.

    :param terms: of the first schedule; may be None where no event computes a schedule anew.
    :param events: the first that counts pays the loan out or takes it over.
    :raises DomainError: an event that is not `is_booked` does not fit.
    """
    run = _Run(terms, rules, events)
    steps = tuple(run.steps())
    return History(steps, run.life.receipts, run.life.terms, run.life.first_number)


@dataclass
class _Run:
    """The events in the order in which they count, and what came of those that were stepped through."""

    terms: ScheduleTerms | None
    rules: Contract
    events: Sequence[Event]
    order: list[int] = field(init=False)
    life: Life = field(init=False)
    left_out: dict[int, date] = field(default_factory=dict)
    reversed_receipts: dict[int, Receipt] = field(default_factory=dict)
    lives_before: dict[int, Life] = field(default_factory=dict)
    done: int = 0
    may_go_back: bool = field(init=False)

    def __post_init__(self) -> None:
        self.order = sorted(range(len(self.events)), key=lambda index: _when(self.events[index], index))
        self.life = Life(self.rules, self.terms)
        self.may_go_back = any(event.type is EventType.REVERSAL for event in self.events)
        _refuse_twins(self.events)

    def steps(self) -> Iterator[Step]:
        for index in self.order:
            self.step(index)
            assert self.life.position is not None
            yield Step(index, self.events[index].counts_from, self.life.position, self.life.contract)

    def step(self, index: int) -> None:
        if self.events[index].type is EventType.REVERSAL:
            self._reverse(index)
        else:
            self._live_through(index)
        self.done += 1

    def _live_through(self, index: int) -> None:
        if self.may_go_back:
            self.lives_before[index] = copy(self.life)
        if not self._waits(index):
            self.life.apply(self.events[index], index)

    def _waits(self, index: int) -> bool:
        """Whether the event stands for another that still counts."""
        replaced = self.events[index].replaces
        return bool(replaced) and all(self.events[target].id != replaced for target in self.left_out)

    def _reverse(self, index: int) -> None:
        """Go back to just before the reversed event, or what replaces it, and live on from there without it."""
        target = self._target(index)
        self.left_out[target] = self.events[index].on
        receipts = self.life.receipts
        if target in receipts:
            self.reversed_receipts[target] = receipts.pop(target)
        before = self.order[: self.done]
        replaced = self.events[target].id
        place = next(i for i, one in enumerate(before) if one == target or self.events[one].replaces == replaced != "")
        self.life = replace(self.lives_before[before[place]], is_rerun=True, receipts=receipts)
        for later in before[place:]:
            if later not in self.left_out and self.events[later].type is not EventType.REVERSAL:
                self._live_through(later)
        self.life.is_rerun = False

    def _target(self, index: int) -> int:
        event = self.events[index]
        before = self.order[: self.done]
        target = next((i for i in before if self.events[i].id == event.reverses and i != index), None)
        if target is None or target in self.left_out or self.events[target].type not in REVERSIBLE:
            raise UnknownEvent(
                _("There is no earlier event %(id)s that can still be reversed."),
                field=f"{event.at}.reverses",
                params={"id": event.reverses[:80]},
            )
        return target


def _when(event: Event, index: int) -> tuple[date, bool, date, int]:
    return event.counts_from, event.type not in OPENING, event.posted_on, index


def _refuse_twins(events: Sequence[Event]) -> None:
    seen: set[str] = set()
    for event in events:
        if event.id and event.id in seen:
            raise DuplicateEvent(
                _("Two events have the id %(id)s."), field=f"{event.at}.id", params={"id": event.id[:80]}
            )
        seen.add(event.id)

"""
What a strategy would have done in days that are past, and where two strategies would have done something else.

It plays each night as the close does: a row, its next step, days that stand still, and the caps of the contact guard on
messages that leave the house. What only the moment of sending knows, such as an address that does not work, it leaves
out; and nobody pays sooner or later for it, because the past is as it was.
"""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from collections_mgmt.domain.strategy import WORDINGS, Act, Person, Row
from dashu.policy.reaching_out import Cap

SHOWN = 20
_WEEK, _TENTH = 7, Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Night:
    """:param days: past due at its end. :param is_paused: something was agreed or asked that stops every step."""

    days: int
    level: int
    is_paused: bool


@dataclass(frozen=True, slots=True)
class Past:
    """
    One file. :param number: its own. :param person: what was known of the borrower.
    :param nights: one for each, in order; None while the file was not open.
    """

    number: str
    person: Person
    nights: Sequence[Night | None]


@dataclass(frozen=True, slots=True)
class Done:
    """:param night: its place. :param row, step: their places. :param is_blocked: by a cap of the guard."""

    night: int
    row: int
    step: int
    act: Act
    is_blocked: bool = False


@dataclass
class Outcome:
    """
    What a table would have done.

    :param rows: how many files each row would have had at some time. :param acts: steps that were done.
    :param blocked: messages that the caps would have kept back.
    """

    rows: Counter[int] = field(default_factory=Counter)
    acts: Counter[Act] = field(default_factory=Counter)
    blocked: int = 0

    @property
    def messages(self) -> int:
        return sum(self.acts[act] for act in WORDINGS)

    @property
    def tasks(self) -> int:
        return self.acts[Act.TASK]


@dataclass(frozen=True, slots=True)
class Differing:
    """A file with which two tables do something else. :param draft, present: what, in order."""

    number: str
    draft: tuple[Act, ...]
    present: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """:param differing: the first of the files that differ. :param differ: how many do."""

    files: int
    nights: int
    draft: Outcome
    present: Outcome | None
    differ: int
    differing: tuple[Differing, ...]

    def a_week(self, count: int) -> Decimal:
        """Return a count of all nights as one of a week, to a tenth."""
        if not self.nights:
            return Decimal(0)
        return (Decimal(count) * _WEEK / self.nights).quantize(_TENTH, ROUND_HALF_UP)


def simulate(pasts: Iterable[Past], *, draft: Sequence[Row], present: Sequence[Row] | None, cap: Cap) -> Simulation:
    """
    Play both tables on the same past.

    :param present: the table that is in use; None where there is none.
    :param cap: of the contact guard on reminders.
    """
    mine, theirs = Outcome(), Outcome() if present is not None else None
    files = nights = differ = 0
    differing: list[Differing] = []
    for past in pasts:
        files, nights = files + 1, max(nights, len(past.nights))
        would = _counted(past, draft, cap, mine)
        if present is None or theirs is None:
            continue
        does = _counted(past, present, cap, theirs)
        if _told(would) != _told(does):
            differ += 1
            if len(differing) < SHOWN:
                differing.append(Differing(past.number, _acts(would), _acts(does)))
    return Simulation(files, nights, mine, theirs, differ, tuple(differing))


def play(past: Past, rows: Sequence[Row], cap: Cap) -> tuple[list[Done], set[int]]:
    """Return what is done for one file, and the places of the rows that it had."""
    done: list[Done] = []
    had: set[int] = set()
    possible = [(number, row) for number, row in enumerate(rows) if row.fits_whom(past.person)]
    place, steps, counted_from = -1, 0, 0
    sent: deque[int] = deque()
    for number, night in enumerate(past.nights):
        if night is None:
            place = -1
            continue
        found = next(place for place, row in possible if row.fits_when(night.days, night.level))
        had.add(found)
        if found != place:
            place, steps, counted_from = found, 0, number
        if night.is_paused:
            counted_from = number
            continue
        row = rows[place]
        if steps == len(row.steps) or counted_from + row.steps[steps].wait > number:
            continue
        step = row.steps[steps]
        leaves = step.act in WORDINGS and step.channel != "IN_APP"
        is_blocked = leaves and not _fits(sent, number, cap)
        if leaves and not is_blocked:
            sent.append(number)
        done.append(Done(number, place, steps, step.act, is_blocked))
        steps, counted_from = steps + 1, number
    return done, had


def _fits(sent: deque[int], night: int, cap: Cap) -> bool:
    """Whether one more message is within the caps of a day, 7 days and 30 days."""
    while sent and sent[0] <= night - 30:
        sent.popleft()
    week = sum(each > night - _WEEK for each in sent)
    day = sum(each == night for each in sent)
    return day < cap.day and week < cap.week and len(sent) < cap.month


def _counted(past: Past, rows: Sequence[Row], cap: Cap, outcome: Outcome) -> list[Done]:
    done, had = play(past, rows, cap)
    outcome.rows.update(had)
    outcome.acts.update(each.act for each in done if not each.is_blocked)
    outcome.blocked += sum(each.is_blocked for each in done)
    return done


def _told(done: Sequence[Done]) -> list[tuple[int, Act]]:
    """What the borrower or the desk notices: leaving somebody in peace is as good as nothing."""
    return [(each.night, each.act) for each in done if not each.is_blocked and each.act is not Act.NOTHING]


def _acts(done: Sequence[Done]) -> tuple[Act, ...]:
    return tuple(act for _night, act in _told(done))

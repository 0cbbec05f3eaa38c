"""
Decision tables: which steps follow for whom, and what makes a table sound.

Rows are asked in their order and the first that fits is followed, so rows may overlap. The last row fits everybody. A
row says one value for each condition, or leaves it open.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import product as combinations
from itertools import zip_longest

MOST_ROWS, MOST_STEPS, LONGEST_WAIT, MOST_DAYS = 40, 4, 60, 3_650


class Capacity(StrEnum):
    """What a month leaves against what the loans that are behind ask for in a month."""

    UNKNOWN = "UNKNOWN"
    NONE = "NONE"
    TIGHT = "TIGHT"
    ABLE = "ABLE"


class Readiness(StrEnum):
    """How much the borrower has responded lately."""

    LOW = "LOW"
    SOME = "SOME"
    HIGH = "HIGH"


class Care(StrEnum):
    CARE = "CARE"
    PLAIN = "PLAIN"


class Act(StrEnum):
    """MESSAGE reminds, HELP offers help, DAY invites to choose a day to pay; TASK asks a collector to look."""

    MESSAGE = "MESSAGE"
    HELP = "HELP"
    DAY = "DAY"
    TASK = "TASK"
    NOTHING = "NOTHING"


# The kind of wording that says it; see `dashu.messaging.wording.KINDS`.
WORDINGS: Mapping[Act, str] = {
    Act.MESSAGE: "reminder.overdue",
    Act.HELP: "reminder.help",
    Act.DAY: "reminder.choose_day",
}
CHANNELS = ("", "EMAIL", "SMS", "IN_APP")
# The conditions beside the days, in the order in which they are shown.
CONDITIONS = ("capacity", "readiness", "product", "care", "language", "level")
_LASTING = CONDITIONS[:-1]


@dataclass(frozen=True, slots=True)
class Step:
    """
    :param wait: days since the step before it, or since the row began to hold.
    :param channel: of a message; empty for the best that is allowed.
    """

    wait: int
    act: Act
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """
    Who is meant and what is done. An empty condition is open.

    :param from_days, to_days: days past due, both included; `to_days` None has no end.
    :param product: the kind of product. :param level: 0 is open.
    """

    from_days: int = 0
    to_days: int | None = None
    capacity: str = ""
    readiness: str = ""
    product: str = ""
    care: str = ""
    language: str = ""
    level: int = 0
    steps: tuple[Step, ...] = ()

    def fits(self, person: "Person") -> bool:
        return self.fits_whom(person) and self.fits_when(person.days, person.level)

    def fits_whom(self, person: "Person") -> bool:
        """Whether it fits apart from what changes with the days."""
        return all(not getattr(self, name) or getattr(self, name) == getattr(person, name) for name in _LASTING)

    def fits_when(self, days: int, level: int) -> bool:
        return self.from_days <= days and (self.to_days is None or days <= self.to_days) and self.level in (0, level)

    @property
    def is_for_all(self) -> bool:
        return self.from_days == 0 and self.to_days is None and not any(getattr(self, name) for name in CONDITIONS)


@dataclass(frozen=True, slots=True)
class Person:
    """What a table asks of a borrower who is behind."""

    days: int
    capacity: str
    readiness: str
    product: str
    care: str
    language: str
    level: int


@dataclass(frozen=True, slots=True)
class Problem:
    """
    Why a table cannot be used.

    :param row, step: their places, from 0; None where it is about the whole. :param field: of the row or the step.
    :param by: of a row that nobody reaches, the places of the rows before it that take everybody.
    """

    code: str
    row: int | None = None
    step: int | None = None
    field: str = ""
    by: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The codes that conditions may name."""

    products: Collection[str]
    languages: Collection[str]
    levels: Collection[int]

    def of(self, condition: str) -> Collection[str | int]:
        known: dict[str, Collection[str | int]] = {
            "capacity": list(Capacity),
            "readiness": list(Readiness),
            "product": self.products,
            "care": list(Care),
            "language": self.languages,
            "level": self.levels,
        }
        return known[condition]


def row_of(rows: Sequence[Row], person: Person) -> int:
    """Return the place of the first row that fits; the last one fits everybody."""
    return next(place for place, row in enumerate(rows) if row.fits(person))


def problems_of(rows: Sequence[Row], known: Known) -> list[Problem]:
    """Return everything that keeps the table from being used; of a sound one, nothing."""
    if not rows:
        return [Problem("no_rows")]
    if len(rows) > MOST_ROWS:
        return [Problem("too_many_rows")]
    found = [problem for place, row in enumerate(rows) for problem in _of_row(place, row, known)]
    if not rows[-1].is_for_all:
        found.append(Problem("last_not_for_all", row=len(rows) - 1))
    return found or list(_unreachable(rows, known))


def _of_row(place: int, row: Row, known: Known) -> Iterator[Problem]:
    if not 0 <= row.from_days <= MOST_DAYS:
        yield Problem("days_out_of_range", place, field="from_days")
    if row.to_days is not None and not row.from_days <= row.to_days <= MOST_DAYS:
        yield Problem("days_turned_round", place, field="to_days")
    for name in CONDITIONS:
        if (value := getattr(row, name)) and value not in known.of(name):
            yield Problem("unknown_code", place, field=name)
    if not row.steps:
        yield Problem("no_steps", place)
    elif len(row.steps) > MOST_STEPS:
        yield Problem("too_many_steps", place)
    for number, step in enumerate(row.steps):
        yield from _of_step(place, number, step, is_alone=len(row.steps) == 1)


def _of_step(place: int, number: int, step: Step, *, is_alone: bool) -> Iterator[Problem]:
    if not 0 <= step.wait <= LONGEST_WAIT:
        yield Problem("wait_out_of_range", place, number, "wait")
    if number and step.wait == 0:
        yield Problem("steps_at_once", place, number, "wait")
    if step.channel not in CHANNELS or (step.channel and step.act not in WORDINGS):
        yield Problem("channel_does_not_fit", place, number, "channel")
    if step.act is Act.NOTHING and not is_alone:
        yield Problem("nothing_is_alone", place, number, "act")


def _unreachable(rows: Sequence[Row], known: Known) -> Iterator[Problem]:
    """
    Name each row that nobody can reach, with the rows that take everybody before it.

    Everybody is one of finitely many kinds: days matter only where a row begins or ends, and of each condition only the
    values that rows name, with one value that stands for all others.
    """
    reached: set[int] = set()
    takers: dict[int, set[int]] = {place: set() for place in range(len(rows))}
    for person in _kinds_of_people(rows, known):
        fitting = [place for place, row in enumerate(rows) if row.fits(person)]
        reached.add(fitting[0])
        for place in fitting[1:]:
            takers[place].add(fitting[0])
    for place in range(len(rows)):
        if place not in reached:
            yield Problem("unreachable", place, by=tuple(sorted(takers[place])))


def _kinds_of_people(rows: Sequence[Row], known: Known) -> Iterator[Person]:
    days = sorted({0} | {row.from_days for row in rows} | {row.to_days + 1 for row in rows if row.to_days is not None})
    values = []
    for name in CONDITIONS:
        named = {getattr(row, name) for row in rows} - {"", 0}
        other = next((code for code in known.of(name) if code not in named), None)
        values.append(sorted(named, key=str) + ([other] if other is not None else []))
    for day, *rest in combinations(days, *values):
        yield Person(day, *rest)


Placed = tuple[int, Row]


def aligned(first: Sequence[Row], second: Sequence[Row]) -> Iterator[tuple[Placed | None, Placed | None]]:
    """Yield the rows of two tables in order with their places, those that are the same beside each other."""
    matcher = SequenceMatcher(a=first, b=second, autojunk=False)
    for _kind, a, a_end, b, b_end in matcher.get_opcodes():
        yield from zip_longest(
            ((place, first[place]) for place in range(a, a_end)), ((place, second[place]) for place in range(b, b_end))
        )


def plain_of(row: Row) -> dict[str, object]:
    """Return the row as plain values, the form in which it is compared."""
    return {
        "from_days": row.from_days,
        "to_days": row.to_days,
        **{name: getattr(row, name) for name in CONDITIONS},
        "steps": [plain_step(step) for step in row.steps],
    }


def plain_step(step: Step) -> dict[str, object]:
    return {"wait": step.wait, "act": step.act.value, "channel": step.channel}


def due_on(since: date, wait: int) -> date:
    """Return the day on which a step is due that waits for `wait` days since a day."""
    return since + timedelta(days=wait)

"""How each layout is written: what its records hold of a loan, of a person, and of the file."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from dashu.credit_reporting.domain.composing import Compose, account_month, amount
from dashu.credit_reporting.domain.layouts import Layout


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file says of itself. :param of_sequence: of a resubmission, the number of the file it repeats rows of."""

    bureau: str
    institution: str
    lender: str
    month: date
    month_end: date
    sequence: int
    kind: str
    of_sequence: int | None
    made_on: date


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """:param kind: 1 a person, 2 a company."""

    name: str
    kind: str
    number: str
    born_on: date | None = None


@dataclass(slots=True)
class Totals:
    """Control totals of a file, in minor units. :ivar counted: how often a field has a value."""

    records: int = 0
    balance: int = 0
    overdue: int = 0
    adverse: int = 0
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, told: Mapping[str, str], *, balance: int, overdue: int, is_adverse: bool) -> None:
        self.records += 1
        self.balance += balance
        self.overdue += overdue
        self.adverse += is_adverse
        self.counted.update((code, told[code]) for code in COUNTED if told.get(code))
        self.counted[("is_born_on_told", "1")] += bool(told.get("born_on"))

    def as_values(self) -> dict[str, int]:
        return {
            "records": self.records,
            "balance_minor": self.balance,
            "overdue_minor": self.overdue,
            "adverse": self.adverse,
        }


COUNTED = ("account_status",)


@dataclass(frozen=True, slots=True)
class Format:
    """
    :param compose: what is told of a loan. :param person: the fields that say who it is.
    :param frame: the fields of the file in a record: of its line, action, and file.
    :param problems: what the bureau's own rules find across the fields.
    """

    compose: Compose
    person: Callable[[PersonFacts], dict[str, str]]
    frame: Callable[[Layout, FileFacts, int, str], dict[str, str]]
    header: Callable[[Layout, FileFacts], dict[str, str]]
    trailer: Callable[[Layout, FileFacts, Totals, str], dict[str, str]]
    problems: Callable[[Mapping[str, str]], Iterator[tuple[str, str]]] = lambda _values: iter(())


def _person(person: PersonFacts) -> dict[str, str]:
    return {"name": person.name, "id_kind": person.kind, "id_number": person.number}


def _frame(_layout: Layout, _file: FileFacts, line: int, action: str) -> dict[str, str]:
    return {"record": "D", "line": str(line), "action": action}


def _header(layout: Layout, file: FileFacts) -> dict[str, str]:
    return {
        "record": "H",
        "layout": f"{layout.name}/{layout.version}",
        "institution": file.institution,
        "bureau": file.bureau,
        "month": f"{file.month:%Y%m}",
        "sequence": str(file.sequence),
        "kind": file.kind,
        "of": "" if file.of_sequence is None else str(file.of_sequence),
        "made_on": layout.day(file.made_on),
    }


def _trailer(_layout: Layout, _file: FileFacts, totals: Totals, digest: str) -> dict[str, str]:
    return {
        "record": "T",
        "records": str(totals.records),
        "balance": amount(totals.balance),
        "overdue": amount(totals.overdue),
        "adverse": str(totals.adverse),
        "digest": digest,
    }


ACCOUNT_MONTH = Format(account_month, _person, _frame, _header, _trailer)

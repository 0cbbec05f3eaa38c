"""What a partner has that an address of the API can name: one of each, made when it is first asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from uuid import uuid4

from dashu.kernel.dates import lender_today
from dashu.users.models import Borrower, Partner
from loans.models import Loan
from tests import factories
from tests.integration.api.conftest import PartnerProgram, program_of
from tests.integration.api.test_applications import applied

UNKNOWN_ID = "3f2a6c9e-6f0e-4c55-9c3d-0d8f1b7a2e11"


@dataclass
class World:
    """
    :cvar NAMED: by the segment of an address that stands before the name, the attribute that has it. A new kind of
        object is entered here and in UNKNOWN.
    """

    partner: Partner
    borrower: Borrower

    NAMED = {"loans": "loan_number", "payoff-quotes": "quote", "documents": "document", "applications": "application"}
    UNKNOWN = {
        "loans": "DS20269999999",
        "payoff-quotes": UNKNOWN_ID,
        "documents": "0000-0000-0000",
        "applications": "A0000000000",
    }
    # What stands in an address and is nobody's: steps, places in a list, forms of a file.
    WORDS = {"steps": "debts", "offers": "1", "{code}": "pdf"}

    @cached_property
    def program(self) -> PartnerProgram:
        return program_of(self.partner)

    @cached_property
    def loan(self) -> Loan:
        starts_on = lender_today() - timedelta(days=100)
        return factories.running_loan(self.borrower, starts_on=starts_on, brought_by=self.partner)

    @cached_property
    def loan_number(self) -> str:
        return self.loan.number

    @cached_property
    def quote(self) -> str:
        sent = {"valid_to": lender_today().isoformat()}
        return self.made(f"loans/{self.loan_number}/payoff-quotes", sent)["id"]

    @cached_property
    def document(self) -> str:
        today = lender_today()
        days = {"first": (today - timedelta(days=90)).isoformat(), "last": today.isoformat()}
        sent = {"kind": "STATEMENT_OF_ACCOUNT", "language": "en", **days}
        return self.made(f"loans/{self.loan_number}/documents", sent)["code"]

    @cached_property
    def application(self) -> str:
        return applied(self.program).reference

    def made(self, path: str, sent: object) -> dict:
        answer = self.program.post(path, sent, **{"Idempotency-Key": str(uuid4())})
        assert answer.status_code == 201, answer.content.decode()
        return answer.json()


def address(path: str, *of: World | None) -> str:
    """
    Fill a path of the schema in.

    :param of: whose objects to name, from the outermost on, the last for all that follow; None for unknown ones.
    """
    template = path.removeprefix("/api/v1/").split("/")
    segments, turns = list(template), iter_turns(of)
    for place, segment in enumerate(template):
        before = template[place - 1]
        if not segment.startswith("{"):
            continue
        if before in World.WORDS:
            segments[place] = World.WORDS[before]
            continue
        assert before in World.NAMED, f"tests/integration/api/worlds.py names no object of {before}, as in {path}"
        world = next(turns)
        segments[place] = World.UNKNOWN[before] if world is None else str(getattr(world, World.NAMED[before]))
    return "/".join(segments)


def iter_turns(of: tuple[World | None, ...]) -> Iterator[World | None]:
    yield from of
    while True:
        yield of[-1]


def objects_in(path: str) -> int:
    segments = path.split("/")
    return sum(
        segment.startswith("{") and segments[place - 1] not in World.WORDS for place, segment in enumerate(segments)
    )

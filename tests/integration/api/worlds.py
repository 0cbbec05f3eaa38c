"""What a partner has that an address of the API can name: one of each, made when it is first asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from uuid import uuid4

from dashu.kernel.dates import lender_now, lender_today
from dashu.users.models import Borrower, Partner
from dashu.webhooks.models import PartnerEvent, WebhookDelivery
from dashu.webhooks.services.positions import place_events
from loans.models import Loan
from tests import factories
from tests.integration.api.conftest import PartnerProgram, program_of
from tests.integration.bulk.files import csv_file, job_of, work
from tests.integration.bulk.files import payment as payment_row
from tests.integration.collections_mgmt.relief_cases import offered
from tests.integration.collections_mgmt.warning_cases import agree
from tests.integration.webhooks.conftest import enabled, tell
from tests.signers import chosen

UNKNOWN_ID = "3f2a6c9e-6f0e-4c55-9c3d-0d8f1b7a2e11"


@dataclass
class World:
    """
    :cvar NAMED: by the segment of an address that stands before the name, the attribute that has it. A new kind of
        object is entered here and in UNKNOWN.
    """

    partner: Partner
    borrower: Borrower

    NAMED = {
        "loans": "loan_number",
        "payoff-quotes": "quote",
        "documents": "document",
        "applications": "application",
        "borrowers": "reference",
        "payments": "payment",
        "split-payments": "split_payment",
        "refunds": "refund",
        "restructuring-offers": "restructuring_offer",
        "events": "event",
        "webhook-endpoints": "endpoint",
        "webhook-deliveries": "delivery",
        "jobs": "job",
    }
    UNKNOWN = {
        "loans": "DS20269999999",
        "payoff-quotes": UNKNOWN_ID,
        "documents": "0000-0000-0000",
        "applications": "A0000000000",
        "borrowers": "nobody",
        "payments": "dana:nothing",
        "split-payments": "dana:nothing",
        "refunds": "partner:dana:nothing",
        "restructuring-offers": "R0000000000",
        "events": UNKNOWN_ID,
        "webhook-endpoints": UNKNOWN_ID,
        "webhook-deliveries": UNKNOWN_ID,
        "jobs": UNKNOWN_ID,
    }
    # What stands in an address and is nobody's: products, steps, places in a list, forms of a file.
    WORDS = {"products": "consumer", "steps": "debts", "offers": "1", "{code}": "pdf"}

    @cached_property
    def program(self) -> PartnerProgram:
        return program_of(self.partner)

    @cached_property
    def loan(self) -> Loan:
        """The borrower agreed to a watch, so that there are incomes to read."""
        agree(self.borrower, "CASH_FLOW_WATCH")
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
        """With offers, of which one is chosen, so that there is a disclosure too."""
        application = chosen(self.borrower, now=lender_now())
        application.partner = self.partner
        application.save(update_fields=["partner"])
        return application.reference

    @cached_property
    def reference(self) -> str:
        code = self.partner.code
        theirs = Borrower.objects.create(name="Farid", source=f"partner:{code}", external_id=f"reference-of-{code}")
        return theirs.external_id

    @cached_property
    def payment(self) -> str:
        sent = {
            "amount": yuan("10.00"),
            "received_on": lender_today().isoformat(),
            "reference": f"first-of-{self.partner.code}",
        }
        return self.made(f"loans/{self.loan_number}/payments", sent)["id"]

    @cached_property
    def split_payment(self) -> str:
        loans = (self.loan_number, self.another_loan().number)
        sent = {
            "total": yuan("20.00"),
            "received_on": lender_today().isoformat(),
            "reference": f"split-of-{self.partner.code}",
            "parts": [{"loan": number, "amount": yuan("10.00")} for number in loans],
        }
        return self.made("payments", sent)["id"]

    @cached_property
    def refund(self) -> str:
        """Of a loan that was ended with more than it needed."""
        ended = self.another_loan()
        factories.pay(ended, factories.yuan(12_250), ended.starts_on, kind="SETTLEMENT")
        sent = {"amount": yuan("100.00"), "reason": "paid twice", "reference": f"back-of-{self.partner.code}"}
        return self.made(f"loans/{ended.number}/refunds", sent)["id"]

    @cached_property
    def restructuring_offer(self) -> str:
        return offered(self.loan, on=lender_today()).reference

    @cached_property
    def endpoint(self) -> str:
        return str(enabled(self.partner, f"https://{self.partner.code}.example/hooks").key)

    @cached_property
    def event(self) -> str:
        """Brought to the endpoint, or on the way there."""
        assert self.endpoint
        tell(self.partner, f"job-of-{self.partner.code}")
        place_events()
        return str(PartnerEvent.objects.filter(partner=self.partner).latest("id").key)

    @cached_property
    def delivery(self) -> str:
        return str(WebhookDelivery.objects.get(event__key=self.event).key)

    @cached_property
    def job(self) -> str:
        """At its end, so that it has results."""
        row = payment_row(self.loan_number, f"line-of-{self.partner.code}", on=lender_today().isoformat())
        form = {"kind": "payments", "file": csv_file(row)}
        answer = self.program.upload("jobs", form, key=str(uuid4()))
        assert answer.status_code == 202, answer.content.decode()
        return str(work(job_of(answer), now=lender_now()).key)

    def another_loan(self) -> Loan:
        return factories.running_loan(self.borrower, starts_on=self.loan.starts_on, brought_by=self.partner)

    def made(self, path: str, sent: object) -> dict:
        answer = self.program.post(path, sent, **{"Idempotency-Key": str(uuid4())})
        assert answer.status_code == 201, answer.content.decode()
        return answer.json()


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


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

"""
Filling an empty database with the demo book, one business date after the other.

A date is what happens on it, done by the services, and then its close, in one database transaction; of a large book a
second process books some of the payments in another one. A seeding that is killed therefore leaves whole days, or a day
with payments that are found again by their references, and the next start goes on with the first day that is not
closed. The audit log remembers what was begun and with which seed.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import CloseRun
from collections_mgmt.services.close_day import close_date
from dashu import events
from dashu.audit import services as audit
from dashu.audit.models import AuditRecord
from dashu.finance import installments as finance
from dashu.finance.schedule import build_schedule
from dashu.kernel.errors import DomainError
from dashu.policy.services import load_packs
from dashu.portal.demo import logins
from dashu.portal.demo.book import Plan, PlannedLoan, plan_book
from dashu.portal.demo.lives import Act, Deed, acts_of
from dashu.portal.demo.second_hand import SecondHand, without_savepoints
from dashu.users.models import Borrower, Partner
from loans.models import Loan
from loans.services.create_loan import create_loan
from loans.services.load_products import load_products
from repayments.models import Channel, LoanEvent
from repayments.services.disburse_loan import disburse_loan
from repayments.services.extend_loan import extend_loan
from repayments.services.receive_payment import receive_payment
from repayments.services.return_payment import return_payment

ACTOR = "system:demo"
BEGUN, FINISHED = "portal.demo_book_begun", "portal.demo_book_finished"
MONTHS = 18
LOANS_FOR_TWO = 500  # a smaller book is done before a second process has started


Entry = tuple[PlannedLoan, int, Act]


class BookNotEmpty(DomainError):
    """There are loans already, which a demo book would mix with."""

    code = "book_not_empty"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Choice:
    """What the demo book follows from."""

    loans: int
    seed: int
    today: date
    months: int = MONTHS

    def as_json(self) -> dict[str, Any]:
        return {"loans": self.loans, "seed": self.seed, "today": self.today.isoformat(), "months": self.months}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Choice":
        return cls(document["loans"], document["seed"], date.fromisoformat(document["today"]), document["months"])


def is_empty_or_interrupted() -> bool:
    """Whether `seed_book` has something to do here."""
    written = set(AuditRecord.objects.filter(action__in=(BEGUN, FINISHED)).values_list("action", flat=True))
    return written == {BEGUN} or (not written and not Loan.objects.exists())


def seed_book(choice: Choice, *, progress: Callable[[int, int], None] = lambda _done, _days: None) -> Choice:
    """
    Fill an empty book, or go on with a seeding that was interrupted, with the choice that was made then.

    Nobody is told of what is written down here, and no reminder of a past day is queued.

    :param progress: called with the days done and the days in all.
    :returns: the choice that the book follows from.
    :raises BookNotEmpty: there are loans, and not of an interrupted seeding.
    """
    if not is_empty_or_interrupted():
        raise BookNotEmpty(_("The book already has loans. The demo book needs an empty database."))
    begun = AuditRecord.objects.filter(action=BEGUN).first()
    if begun is not None:
        choice = Choice.from_json(begun.data)
    plan = plan_book(loans=choice.loans, months=choice.months, seed=choice.seed, today=choice.today)
    with events.silenced():
        if begun is None:
            _begin(plan, choice)
        if choice.loans < LOANS_FOR_TWO or connection.in_atomic_block:
            _Seeding(plan, None).run(progress)
        else:
            with SecondHand() as second_hand:
                _Seeding(plan, second_hand).run(progress)
    return choice


@transaction.atomic
def _begin(plan: Plan, choice: Choice) -> None:
    load_packs()
    load_products()
    Borrower.objects.bulk_create(
        Borrower(
            number=person.number,
            name=person.name,
            language=person.language,
            kind=Borrower.Kind.ENTITY if person.is_company else Borrower.Kind.PERSON,
            phone=person.phone,
            email=person.email,
        )
        for person in plan.borrowers
    )
    logins.create()
    audit.record(action=BEGUN, subject_type="demo_book", subject_id=choice.seed, actor=ACTOR, data=choice.as_json())


class _Seeding:
    """The days of a plan, from the first one that is missing."""

    def __init__(self, plan: Plan, second_hand: SecondHand | None) -> None:
        self._plan = plan
        self._second_hand = second_hand
        self._last_day = plan.today - timedelta(days=1)
        self._partner = Partner.objects.get(code=logins.PARTNER_CODE)
        numbers = [person.number for person in plan.borrowers]
        ids = dict(Borrower.objects.filter(number__in=numbers).values_list("number", "id"))
        self._borrowers = [ids[number] for number in numbers]
        self._starting: defaultdict[date, list[PlannedLoan]] = defaultdict(list)
        self._diary: defaultdict[date, list[Entry]] = defaultdict(list)
        closed = CloseRun.objects.aggregate(latest=Max("business_date"))["latest"]
        self._next_day = closed + timedelta(days=1) if closed else plan.first_day
        made = Loan.objects.order_by("id")
        for planned, loan in zip(plan.loans, made, strict=False):
            self._note_acts(planned, loan)
        for planned in plan.loans[len(made) :]:
            self._starting[planned.starts_on].append(planned)

    def run(self, progress: Callable[[int, int], None]) -> None:
        days = (self._last_day - self._plan.first_day).days + 1
        while self._next_day <= self._last_day:
            self._do_day(self._next_day)
            progress((self._next_day - self._plan.first_day).days + 1, days)
            self._next_day += timedelta(days=1)

    @transaction.atomic
    def _do_day(self, day: date) -> None:
        starting, acts = self._starting.pop(day, []), self._diary.pop(day, [])
        given, kept = self._shared(acts, len(starting))
        with without_savepoints(), self._second_hand.booking(given) if self._second_hand else nullcontext():
            for planned in starting:
                self._start(planned)
            for planned, loan_id, act in kept:
                self._do(planned, loan_id, act)
        close_date(business_date=day, today=self._plan.today)
        if day == self._last_day:
            audit.record(action=FINISHED, subject_type="demo_book", subject_id=self._plan.seed, actor=ACTOR)

    def _shared(self, acts: list[Entry], starting: int) -> tuple[list[dict[str, Any]], list[Entry]]:
        """
        Return the payments for the second hand, and what the first one keeps.

        A loan's acts of one day stay together and in order; a new loan is as much work as two payments.
        """
        if self._second_hand is None:
            return [], acts
        busy = Counter(loan_id for _planned, loan_id, _act in acts)
        share = (len(acts) + 1) // 2 + starting
        given: list[dict[str, Any]] = []
        kept: list[Entry] = []
        for planned, loan_id, act in acts:
            is_alone = act.deed in (Deed.PAY, Deed.SETTLE) and busy[loan_id] == 1
            if is_alone and len(given) < share:
                given.append(_payment(planned, loan_id, act))
            else:
                kept.append((planned, loan_id, act))
        return given, kept

    def _start(self, planned: PlannedLoan) -> None:
        loan = create_loan(
            borrower_id=self._borrowers[planned.borrower],
            product_code=planned.product,
            principal_minor=planned.principal_minor,
            annual_rate=planned.annual_rate,
            count=planned.count,
            starts_on=planned.starts_on,
            first_due_on=planned.first_due_on,
            due_day=planned.due_day,
            partner_id=self._partner.pk if planned.is_of_partner else None,
            actor=ACTOR,
        )
        disburse_loan(loan_id=loan.pk, reference=f"OUT{planned.starts_on:%y%m%d}{planned.index:05d}", actor=ACTOR)
        self._note_acts(planned, loan)

    def _note_acts(self, planned: PlannedLoan, loan: Loan) -> None:
        """Think the loan's life out and keep what is still to come of it."""
        acts = acts_of(
            planned.life,
            turn=planned.turn,
            contract=loan.contract,
            rows=[
                finance.Installment(row.number, row.due_on, row.principal, row.interest, row.fee)
                for row in build_schedule(loan.schedule_terms)
            ],
            principal=loan.principal_minor,
            until=self._last_day,
            chance=random.Random(f"{self._plan.seed}:{planned.index}"),  # noqa: S311 – repeatable, no secret
        )
        for act in acts:
            if act.on >= self._next_day:
                self._diary[act.on].append((planned, loan.pk, act))

    def _do(self, planned: PlannedLoan, loan_id: int, act: Act) -> None:
        match act.deed:
            case Deed.PAY | Deed.SETTLE:
                receive_payment(**_payment(planned, loan_id, act))
            case Deed.RETURN:
                reference = _reference(planned, act)
                return_payment(reference=reference, returned_on=act.on, today=act.on, reason="Not covered", actor=ACTOR)
            case Deed.EXTEND:
                extend_loan(
                    loan_id=loan_id,
                    months=act.months,
                    granted_on=act.on,
                    today=act.on,
                    reason="Income fell for a while",
                    actor=ACTOR,
                )


def _payment(planned: PlannedLoan, loan_id: int, act: Act) -> dict[str, Any]:
    """Return the arguments of `receive_payment`."""
    assert act.received_on is not None
    return {
        "loan_id": loan_id,
        "amount_minor": act.minor,
        "received_on": act.received_on,
        "today": act.on,
        "reference": _reference(planned, act),
        "channel": Channel.PARTNER if planned.is_of_partner else Channel(planned.channel),
        "actor": ACTOR,
        "kind": LoanEvent.Kind.SETTLEMENT if act.deed is Deed.SETTLE else LoanEvent.Kind.PAYMENT,
    }


def _reference(planned: PlannedLoan, act: Act) -> str:
    return f"PAY{planned.index:06d}{act.payment:03d}"

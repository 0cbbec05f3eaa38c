"""
Filling an empty database with the demo book, one business date after the other.

A date is what happens on it, done by the services, and then its close, in one database transaction; of a large book a
second process books some of the payments in another one, and thinks out the lives of new loans during the close. A
seeding that is killed therefore leaves whole days, or a day with payments that are found again by their references, and
the next start goes on with the first day that is not closed. The audit log remembers what was begun, and the seed.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
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
from dashu.finance.loan import Contract
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import ScheduleTerms
from dashu.kernel.dates import midnight
from dashu.kernel.errors import DomainError
from dashu.messaging.services.load_wordings import load_wordings
from dashu.policy.services import load_packs
from dashu.portal.demo import ACTOR, logins
from dashu.portal.demo.applications import make_applications
from dashu.portal.demo.book import Plan, PlannedLoan, plan_book
from dashu.portal.demo.desk import make_agency, make_teams
from dashu.portal.demo.desk_history import (
    DAYS,
    PLACED_BEFORE,
    SETTLED_BEFORE,
    place_some,
    review_some,
    settle_one,
    work_a_day,
)
from dashu.portal.demo.lessons import make_draft
from dashu.portal.demo.lives import Act, Deed, acts_of
from dashu.portal.demo.month_ends import tell_of_months
from dashu.portal.demo.relief import work_on_relief
from dashu.portal.demo.second_hand import OneHand, SecondHand, without_savepoints, without_waiting_for_the_disk
from dashu.portal.demo.strategy import make_strategy
from dashu.portal.demo.workshops import make_workshops
from dashu.users.models import Borrower, Partner
from loans.models import Loan
from loans.services.create_loan import create_loan
from loans.services.load_products import load_products
from repayments.models import Channel, LoanEvent
from repayments.services.disburse_loan import disburse_loan
from repayments.services.extend_loan import extend_loan
from repayments.services.receive_payment import receive_payment
from repayments.services.return_payment import return_payment

BEGUN, FINISHED = "portal.demo_book_begun", "portal.demo_book_finished"
MONTHS = 18
PROMISED_WITHIN = 14
LOANS_FOR_TWO = 500  # a smaller book is done before a second process has started


Entry = tuple[PlannedLoan, int, Act]


@dataclass(frozen=True, slots=True)
class Story:
    """What a loan's life follows from, besides chance by the book's seed."""

    planned: PlannedLoan
    loan_id: int
    contract: Contract
    terms: ScheduleTerms
    until: date
    seed: int


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

    Nobody is told of what is written down here, but for the agency, the settlement and the relief that run at its end,
    and no reminder of a past day is queued.

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
            _Seeding(plan, OneHand()).run(progress)
        else:
            with SecondHand() as second_hand, without_waiting_for_the_disk():
                _Seeding(plan, second_hand).run(progress)
    return choice


@transaction.atomic
def _begin(plan: Plan, choice: Choice) -> None:
    load_packs()
    load_products()
    load_wordings(on=choice.today)
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
    make_teams()
    make_agency(today=choice.today)
    make_applications(today=choice.today)
    make_draft(now=midnight(choice.today))
    make_workshops(today=choice.today)
    audit.record(action=BEGUN, subject_type="demo_book", subject_id=choice.seed, actor=ACTOR, data=choice.as_json())


class _Seeding:
    """The days of a plan, from the first one that is missing."""

    def __init__(self, plan: Plan, other: OneHand | SecondHand) -> None:
        self._plan = plan
        self._other = other
        self._last_day = plan.today - timedelta(days=1)
        self._partner = Partner.objects.get(code=logins.PARTNER_CODE)
        numbers = [person.number for person in plan.borrowers]
        ids = dict(Borrower.objects.filter(number__in=numbers).values_list("number", "id"))
        self._borrowers = [ids[number] for number in numbers]
        self._starting: defaultdict[date, list[PlannedLoan]] = defaultdict(list)
        self._diary: defaultdict[date, list[Entry]] = defaultdict(list)
        closed = CloseRun.objects.aggregate(latest=Max("business_date"))["latest"]
        self._next_day = closed + timedelta(days=1) if closed else plan.first_day
        made = list(Loan.objects.select_related("product_terms").order_by("id"))
        stories = [self._story(planned, loan) for planned, loan in zip(plan.loans, made, strict=False)]
        self._note(stories, _think_out(stories))
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
        starting = self._starting.pop(day, [])
        shared, kept = _parted(self._diary.pop(day, []))
        with without_savepoints(), self._other.sharing([_payment(*entry) for entry in shared]) as mine:
            begun = [(planned, self._start(planned)) for planned in starting]
            for entry in kept:
                self._do(*entry)
            for payment in mine:
                receive_payment(**payment)
        stories = [self._story(planned, loan) for planned, loan in begun]
        self._work_at_desk(day)
        if day == self._last_day:
            make_strategy(today=day)
        with self._other.doing(_think_out, stories) as lives:
            close_date(business_date=day, today=self._plan.today)
        self._note(stories, lives[0])
        if day == self._last_day:
            tell_of_months(today=self._plan.today)
            audit.record(action=FINISHED, subject_type="demo_book", subject_id=self._plan.seed, actor=ACTOR)

    def _work_at_desk(self, day: date) -> None:
        if day <= self._last_day - timedelta(days=DAYS):
            return
        if day == self._last_day - PLACED_BEFORE:
            place_some(today=day)
        if day == self._last_day - SETTLED_BEFORE:
            settle_one(today=day)
        work_on_relief(day=day, last_day=self._last_day, coming=self._coming)
        work_a_day(day=day, coming=self._coming, seed=self._plan.seed)
        if day == self._last_day:
            review_some(today=self._plan.today)

    def _coming(self, loan_id: int, day: date) -> tuple[date, int] | None:
        """Return the day and the amount of the payment that a loan gets within some days after this one."""
        for on in (day + timedelta(days=n) for n in range(1, PROMISED_WITHIN + 1)):
            for _planned, paid_id, act in self._diary.get(on, ()):
                if paid_id == loan_id and act.deed in (Deed.PAY, Deed.SETTLE) and act.received_on == on:
                    return on, act.minor
        return None

    def _start(self, planned: PlannedLoan) -> Loan:
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
        return loan

    def _story(self, planned: PlannedLoan, loan: Loan) -> Story:
        return Story(planned, loan.pk, loan.contract, loan.schedule_terms, until=self._last_day, seed=self._plan.seed)

    def _note(self, stories: Sequence[Story], lives: Sequence[Sequence[Act]]) -> None:
        """Keep what is still to come of loans' lives."""
        for story, acts in zip(stories, lives, strict=True):
            for act in acts:
                if act.on >= self._next_day:
                    self._diary[act.on].append((story.planned, story.loan_id, act))

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


def _parted(entries: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return the payments that either hand may book, and the rest: several acts of a loan, which keep their order."""
    entries = list(entries)
    busy = Counter(loan_id for _planned, loan_id, _act in entries)
    shared: list[Entry] = []
    kept: list[Entry] = []
    for entry in entries:
        _planned, loan_id, act = entry
        is_free = act.deed in (Deed.PAY, Deed.SETTLE) and busy[loan_id] == 1
        (shared if is_free else kept).append(entry)
    return shared, kept


def _think_out(stories: Sequence[Story]) -> list[list[Act]]:
    return [
        acts_of(
            story.planned.life,
            turn=story.planned.turn,
            contract=story.contract,
            rows=[
                finance.Installment(row.number, row.due_on, row.principal, row.interest, row.fee)
                for row in build_schedule(story.terms)
            ],
            principal=story.planned.principal_minor,
            until=story.until,
            chance=random.Random(f"{story.seed}:{story.planned.index}"),  # noqa: S311 – repeatable, no secret
        )
        for story in stories
    ]


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

"""
Web and worker processes are killed with signal 9 while a partner posts 2,000 payments and tries again until answered.

What is killed and when comes from a seed and from the number of payments answered so far, so a slow machine is hit as
often as a fast one. When the last payment is answered the worker goes too, with what still waits for it: an event may
be lost, and the sweeps must find what it missed.
"""

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from threading import Thread

import psutil
import pytest
from django.db import connection
from django.db.models import Count, Sum

from collections_mgmt.models import CloseRange
from collections_mgmt.services.close_day import close_date, owed_dates
from dashu.api.models import StoredAnswer
from dashu.kernel.dates import lender_now, lender_today
from dashu.ledger import accounts
from dashu.ledger.selectors import balance_of
from dashu.messaging.models import OutboxMessage
from loans.models import Loan
from repayments.models import LoanEvent, Payment
from repayments.selectors.reconciliation import differences
from repayments.services.send_receipt import send_missing_receipts
from tests import factories
from tests.integration.api.conftest import program_of
from tests.integration.faults.clients import Clients, Order, Outcome
from tests.integration.faults.parts import Part, running, web_server, worker
from tests.integration.runtime.processes import until

pytestmark = pytest.mark.django_db(transaction=True)

SEED = 20261125
LOANS = 100
PAYMENTS = 2_000
CLIENTS = 6
KILLS = {"web": 12, "worker": 6}
WHOLE_KILLS = 1  # of each; the others take one child
SECONDS = 600  # it takes half a minute, and several times that on a machine with much else to do


@pytest.fixture
def book(amina, dana) -> list[Loan]:
    """Loans of Dana that are four installments behind, as last closed four days ago."""
    today = lender_today()
    starts_on = today - timedelta(days=150)
    loans = [factories.running_loan(amina, starts_on=starts_on, brought_by=dana) for _number in range(LOANS)]
    close_date(business_date=today - timedelta(days=4), today=today)
    return loans


def orders_of(loans: list[Loan], today: date, random: Random) -> list[Order]:
    """
    Return the payments of two days, each loan's in pairs that are posted at the same time.

    Of each pair the second may have an earlier value date, which restates the loan; of all orders some are given twice,
    as by a partner whose two programs send the same payment with the same key.
    """
    orders = []
    pairs = PAYMENTS // (2 * LOANS)
    for turn in range(pairs):
        on = today - timedelta(days=1 - turn * 2 // pairs)
        for loan in random.sample(loans, LOANS):
            for half in (1, 2):
                early = timedelta(days=1) if half == 2 and random.random() < 0.2 else timedelta(0)
                order = Order(loan.number, f"{loan.pk}-{turn}-{half}", random.randint(1, 300_00), on - early)
                orders += [order] * (2 if random.random() < 0.1 else 1)
    return orders


@dataclass
class Killer:
    """Kills a part at given numbers of answered payments: all of it, or one of its children."""

    part: Part
    planned: int
    random: Random
    answered: Callable[[], int]
    is_over: Callable[[], bool]
    kills: int = 0
    late: int = 0

    def start(self) -> Thread:
        thread = Thread(target=self._run, daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        whole = set(self.random.sample(range(self.planned), WHOLE_KILLS))
        marks = sorted(self.random.sample(range(20, PAYMENTS - 200), self.planned))
        for number, mark in enumerate(marks):
            until(lambda mark=mark: self.answered() >= mark or self.is_over(), SECONDS)
            self.late += self.is_over()
            self._strike(is_whole=number in whole)
            self.kills += 1

    def _strike(self, *, is_whole: bool) -> None:
        if (children := self.part.children()) and not is_whole:
            with suppress(psutil.NoSuchProcess):  # it ended by itself a moment ago; then all of them go
                self.random.choice(children).kill()
                return
        self.part.kill()


@dataclass
class Storm:
    """What became of the payments, of the processes, and how many receipts there were before anybody swept."""

    orders: list[Order]
    outcome: Outcome
    kills: dict[str, int]
    late: int
    told_by_events: int


@pytest.fixture
def storm(book, dana, tmp_path, empty_broker) -> Storm:
    random = Random(SEED)
    orders = orders_of(book, lender_today(), random)
    token = program_of(dana).token
    with web_server(tmp_path) as (web, port), running(worker(tmp_path)) as celery:
        clients = Clients(port, token, orders, count=CLIENTS, seconds=SECONDS)
        killers = {
            name: Killer(
                part,
                KILLS[name],
                Random(f"{SEED} {name}"),
                lambda: clients.outcome.answered,
                lambda: not clients.are_busy(),
            )
            for name, part in (("web", web), ("worker", celery))
        }
        clients.start()
        threads = [killer.start() for killer in killers.values()]
        outcome = clients.wait()
        for thread in threads:
            thread.join(SECONDS)
    return Storm(
        orders=sorted(set(orders), key=lambda order: order.reference),
        outcome=outcome,
        kills={name: killer.kills for name, killer in killers.items()},
        late=sum(killer.late for killer in killers.values()),
        told_by_events=receipts().total(),
    )


def receipts() -> Counter[str]:
    found = OutboxMessage.objects.filter(template="repayments.receipt")
    return Counter(found.values_list("dedupe_key", flat=True))


def others_in_a_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (xact_start IS NOT NULL OR wait_event_type = 'Lock')"
        )
        return int(cursor.fetchone()[0])


class TestKilledProcesses:
    def test_leave_every_payment_exactly_once_in_books_that_reconcile(self, storm, book):
        outcome = storm.outcome

        # The processes were really killed, and the clients felt it.
        assert storm.kills == KILLS
        assert storm.late == 0
        assert outcome.troubles.total() > KILLS["web"]
        assert outcome.refused == []

        # Every payment is there once, with what was ordered, and every answer to it was the same.
        assert len(storm.orders) == PAYMENTS
        booked = Payment.objects.values_list("reference", "loan__number", "amount_minor", "received_on")
        assert sorted(booked) == sorted(
            (f"dana:{order.reference}", order.loan_number, order.amount_minor, order.received_on)
            for order in storm.orders
        )
        assert LoanEvent.objects.filter(kind=LoanEvent.Kind.PAYMENT).count() == PAYMENTS
        assert set(outcome.answers) == {order.reference for order in storm.orders}
        assert [answers for answers in outcome.answers.values() if len(set(answers)) > 1] == []
        assert all(json.loads(answers[0])["reference"] == name for name, answers in outcome.answers.items())

        # Nothing is held, half done or out of balance.
        until(lambda: others_in_a_transaction() == 0)
        assert StoredAnswer.objects.filter(status=201).count() == StoredAnswer.objects.count() == PAYMENTS
        assert differences() == []
        paid = sum(order.amount_minor for order in storm.orders)
        lent = Loan.objects.aggregate(lent=Sum("principal_minor"))["lent"]
        assert balance_of(accounts.CASH) == paid - lent

        # The sweep finds the receipts whose task died with a process or still waited for one, and each is there once.
        assert 0 < storm.told_by_events <= PAYMENTS
        now = lender_now() + timedelta(minutes=10)
        while send_missing_receipts(now=now):
            pass
        assert receipts() == Counter(f"receipt:{payment}" for payment in Payment.objects.values_list("pk", flat=True))

        # The nights that follow find a book they can close.
        today = lender_today()
        for day in list(owed_dates(to=today - timedelta(days=1), today=today)):
            close_date(business_date=day, today=today)
        statuses = dict(CloseRange.objects.values_list("status").annotate(Count("pk")))
        assert set(statuses) == {CloseRange.Status.DONE}
        assert differences() == []

"""
Two worker hosts share one Postgres and one broker, and one of them dies in the middle of a night.

The moment is not left to chance: somebody else is about to write a reminder that the night will write too, so whichever
worker comes to that range waits there, with nearly all of the range written and nothing committed. Then its host dies,
with whatever its other child was at.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from collections_mgmt.models import CloseRange, CloseRun, CollectionCase, OverdueChange, OverdueStatus, PortfolioDay
from collections_mgmt.services.close_day import close_date
from dashu.celery import app
from dashu.finance.installments import Installment as Row
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from dashu.kernel.dates import lender_today
from dashu.ledger.models import Posting
from dashu.messaging.models import OutboxMessage
from loans.models import ProductTerms
from repayments.models import LoanBalance, ReconciliationDay
from repayments.selectors.reconciliation import differences
from repayments.services.open_loans import Opening, open_loans
from tests.integration.faults.parts import running, worker
from tests.integration.runtime.processes import until

pytestmark = pytest.mark.django_db(transaction=True)

LOANS = 2_400
OF_A_RANGE = 40
HOSTS = ("host-a", "host-b")
SECONDS = 120  # it takes a few
WAITS = "wait_event = 'transactionid'"


@pytest.fixture
def book(rules: None) -> None:
    """Loans that began on each of the last 70 days; nobody has paid anything."""
    today = lender_today()
    openings = []
    for number in range(LOANS):
        terms = ScheduleTerms(
            principal=10_000_00 + number,
            annual_rate=Decimal("0.18"),
            method=Method.EQUAL_INSTALLMENT,
            count=6,
            disbursed_on=today - timedelta(days=1 + number % 70),
        )
        rows = (Row(row.number, row.due_on, row.principal, row.interest) for row in build_schedule(terms))
        openings.append(
            Opening(
                external_id=str(number),
                borrower_external_id=str(number),  # with loans in several ranges, several would wait for one message
                borrower_name="Amina",
                starts_on=terms.disbursed_on,
                principal=terms.principal,
                annual_rate=terms.annual_rate,
                installments=tuple(rows),
            )
        )
    version = ProductTerms.objects.get(product__code="consumer")
    open_loans(source="hosts", currency="CNY", product_terms=version, openings=openings, actor="system:test")


def figures() -> dict[str, list[Any]]:
    """Return all that a night writes, without the numbers that the database gives."""
    line = ("loan_id", "account_id", "entry__effective_on", "entry__kind", "side")
    case = ("loan_id", "status", "opened_on", "level", "level_since")
    message = ("dedupe_key", "loan_id", "channel", "template", "params", "not_before")
    portfolio = PortfolioDay.objects.order_by("product", "bucket", "classification", "stage")
    return {
        "balances": list(LoanBalance.objects.order_by("pk").values_list()),
        "postings": list(Posting.objects.values_list(*line).annotate(Count("pk"), Sum("amount_minor")).order_by(*line)),
        "statuses": list(OverdueStatus.objects.order_by("pk").values_list()),
        "changes": list(OverdueChange.objects.order_by("pk").values_list("loan_id", "changed_on", "bucket", "stage")),
        "cases": list(CollectionCase.objects.order_by("loan_id").values_list(*case)),
        "messages": list(OutboxMessage.objects.order_by("dedupe_key").values_list(*message)),
        "portfolio": [{**vars(one_day), "_state": None} for one_day in portfolio],
    }


def undisturbed() -> dict[str, list[Any]]:
    """Return what a night in this process writes, and take it back."""
    today = lender_today()
    with transaction.atomic():
        close_date(business_date=today - timedelta(days=1), today=today)
        found = figures()
        transaction.set_rollback(True)
    return found


@contextmanager
def somebody_writes(message: tuple[Any, ...]) -> Iterator[None]:
    """Be about to write a message of this key, and in the end not do it."""
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "INSERT INTO messaging_outboxmessage (dedupe_key, borrower_id, template, language)"
                " SELECT %s, id, 'receipt', 'en' FROM users_borrower LIMIT 1",
                [message[0]],
            )
        yield
    finally:
        other.close()


def connected_hosts(condition: str = "true") -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT application_name FROM pg_stat_activity"
            f" WHERE datname = current_database() AND application_name = ANY(%s) AND {condition} ORDER BY 1",
            [list(HOSTS)],
        )
        return [host for (host,) in cursor.fetchall()]


def tick() -> None:
    """Do what beat does every minute."""
    app.send_task("collections_mgmt.tasks.close_due_dates")


def has_ended() -> bool:
    tick()
    time.sleep(0.5)
    return CloseRun.objects.filter(status=CloseRun.Status.CLOSED).exists()


class TestTwoHosts:
    def test_end_the_night_when_one_of_them_dies_in_it(self, book, empty_broker, settings, tmp_path):
        settings.CLOSE_RANGE_LOANS, settings.CLOSE_RANGE_SECONDS = OF_A_RANGE, 0
        expected = undisturbed()
        told = {"DASHU_CLOSE_RANGE_LOANS": str(OF_A_RANGE), "DASHU_CLOSE_RANGE_SECONDS": "0"}
        message = sorted(expected["messages"], key=lambda row: row[1])[len(expected["messages"]) // 2]
        hosts = {host: worker(tmp_path, host=host, queues="close", children=2, **told) for host in HOSTS}

        with running(hosts["host-a"]), running(hosts["host-b"]):
            until(lambda: len(app.control.ping(timeout=0.5)) == len(HOSTS))
            with somebody_writes(message):
                tick()
                until(lambda: connected_hosts(WAITS))
                at_work, (dying,) = connected_hosts(), connected_hosts(WAITS)
                hosts[dying].stop()
                died_at = timezone.now()
                done = CloseRange.objects.filter(status=CloseRange.Status.DONE).count()
            until(has_ended, SECONDS)
            until(ReconciliationDay.objects.exists, SECONDS)  # by the worker that ended the night, after it
        run = CloseRun.objects.get()
        ranges = list(run.ranges.all())

        # Both hosts were at it, the night had got somewhere, and a range that one had begun was left to the other.
        assert at_work == list(HOSTS)
        assert 0 < done < len(ranges)
        (left,) = [item for item in ranges if item.first_loan_id <= message[1] < item.end_loan_id]
        assert left.started_at > died_at
        # Every loan was closed once, in ranges that leave no gap.
        assert [item.status for item in ranges] == [CloseRange.Status.DONE] * (LOANS // OF_A_RANGE)
        assert [item.first_loan_id for item in ranges[1:]] == [item.end_loan_id for item in ranges[:-1]]
        assert [item.counts["running"] for item in ranges] == [OF_A_RANGE] * len(ranges)
        assert run.times_closed == 1
        # What the night wrote is to the fen what a night without trouble writes.
        assert figures() == expected
        assert ReconciliationDay.objects.get().is_clean
        assert differences() == []

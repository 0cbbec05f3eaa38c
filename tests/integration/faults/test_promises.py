"""
What is promised where something around the program fails: nothing is lost, nothing happens twice, nothing half.

Processes that die are in the files beside this one; longer storms are programs (docs/reliability.md).
"""

import time
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from collections_mgmt.models import CloseRun, OverdueChange
from collections_mgmt.services.clocks import ALERT
from collections_mgmt.tasks import close_due_dates, close_one_range
from dashu.alerts.models import Alert
from dashu.kernel.dates import lender_now
from dashu.messaging.models import OutboxMessage
from dashu.messaging.services.enqueue import enqueue
from dashu.messaging.tasks import send_due_messages
from tests import factories

LAST = date(2026, 2, 17)  # two days after a due date


@pytest.fixture
def late(amina, monkeypatch):
    """A loan that is behind, and a night that is owed."""
    loan = factories.running_loan(amina)
    for place in ("collections_mgmt.tasks", "collections_mgmt.services.close_day"):
        monkeypatch.setattr(f"{place}.lender_today", lambda: LAST + timedelta(days=1), raising=False)
    CloseRun.objects.create(
        business_date=LAST - timedelta(days=1), status="CLOSED", times_closed=1, ended_at=lender_now()
    )
    return loan


def work_off() -> None:
    """Do what workers do with the ranges of the night."""
    for _turn in range(20):
        run = CloseRun.objects.get(business_date=LAST)
        if run.status == CloseRun.Status.CLOSED:
            return
        close_one_range(run_id=run.pk)
    raise AssertionError("the night does not end")


def told() -> int:
    return OverdueChange.objects.filter(changed_on__lte=LAST).count()


@pytest.mark.django_db
class TestBrokerThatForgets:
    def test_loses_no_night_and_closes_none_twice(self, late, empty_broker):
        close_due_dates()
        empty_broker.flushdb()  # all jobs are gone
        assert CloseRun.objects.get(business_date=LAST).status != "CLOSED"

        close_due_dates()
        work_off()
        changes = told()
        close_due_dates()

        run = CloseRun.objects.get(business_date=LAST)
        assert (run.status, run.times_closed, told()) == ("CLOSED", 1, changes)

    def test_loses_no_message_and_sends_none_twice(self, rules, amina, empty_broker):
        message(amina)
        empty_broker.flushdb()

        send_due_messages()
        send_due_messages()

        assert list(OutboxMessage.objects.values_list("status", "attempts")) == [("SENT", 1)]


@pytest.mark.django_db
class TestClock:
    @pytest.mark.parametrize("jump", [-86_400 * 3, -121, 121, 86_400 * 400])
    def test_that_jumped_closes_nothing_and_says_so(self, late, monkeypatch, jump):
        real = time.time
        monkeypatch.setattr("collections_mgmt.services.clocks.time.time", lambda: real() + jump)

        close_due_dates()

        assert not CloseRun.objects.filter(business_date=LAST).exists()
        assert Alert.objects.get(kind=ALERT, ended_at=None).params["seconds"] == pytest.approx(jump, abs=5)
        monkeypatch.setattr("collections_mgmt.services.clocks.time.time", real)
        close_due_dates()
        work_off()
        assert CloseRun.objects.get(business_date=LAST).times_closed == 1
        assert not Alert.objects.filter(kind=ALERT, ended_at=None).exists()

    def test_that_goes_back_within_a_day_closes_no_date_again(self, late, monkeypatch):
        close_due_dates()
        work_off()

        monkeypatch.setattr("collections_mgmt.tasks.lender_today", lambda: LAST)
        close_due_dates()

        assert CloseRun.objects.get(business_date=LAST).times_closed == 1


def message(owner) -> None:
    enqueue(
        dedupe_key="one",
        borrower_id=owner.pk,
        template="repayments.payout_given_up",
        params={"amount_minor": 1, "currency": "CNY", "loan_number": "L1"},
        loan_id=None,
        channel="IN_APP",
        not_before=lender_now() - timedelta(minutes=1),
    )


@pytest.mark.django_db(transaction=True)
class TestTwoBeats:
    def test_have_the_effect_of_one(self, late, amina):
        message(amina)

        at_once(close_due_dates, close_due_dates, send_due_messages, send_due_messages)
        work_off()
        at_once(close_due_dates, close_due_dates)

        assert CloseRun.objects.filter(business_date=LAST).count() == 1
        assert CloseRun.objects.get(business_date=LAST).times_closed == 1
        assert list(OutboxMessage.objects.filter(dedupe_key="one").values_list("status", "attempts")) == [("SENT", 1)]


def at_once(*jobs) -> None:
    """Run jobs in threads of their own that begin together."""
    failed: list[BaseException] = []
    gate = Barrier(len(jobs))

    def run(job) -> None:
        try:
            gate.wait(5)
            job()
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []

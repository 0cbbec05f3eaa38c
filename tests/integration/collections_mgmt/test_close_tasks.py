from collections import deque
from datetime import date, timedelta

import pytest

from collections_mgmt import tasks
from collections_mgmt.models import CloseRange, CloseRun, OverdueStatus
from collections_mgmt.services.close_day import close_date, start_close
from tests.factories import pay, running_loan

TODAY = date(2026, 3, 1)


@pytest.fixture
def queue(monkeypatch) -> deque:
    """What is sent to the broker, in order; the lender's day is fixed."""
    sent: deque = deque()
    monkeypatch.setattr(tasks.app, "send_task", lambda name, kwargs=None, **_options: sent.append((name, kwargs or {})))
    monkeypatch.setattr(tasks, "lender_today", lambda: TODAY)
    return sent


def work_off(queue: deque) -> int:
    """Do as a worker does until nothing is left; return how many tasks that were."""
    done = 0
    while queue:
        name, fields = queue.popleft()
        getattr(tasks, name.rsplit(".", 1)[1])(**fields)
        done += 1
    return done


class TestCloseTasks:
    def test_close_all_owed_dates_in_order_range_by_range(self, amina, queue, settings):
        settings.CLOSE_RANGE_LOANS, settings.CLOSE_RANGE_SECONDS = 2, 0
        loans = [running_loan(amina) for _number in range(5)]
        close_date(business_date=TODAY - timedelta(days=4), today=TODAY)

        tasks.close_due_dates()
        work_off(queue)

        runs = CloseRun.objects.order_by("business_date")
        assert [run.business_date for run in runs] == [TODAY - timedelta(days=n) for n in (4, 3, 2, 1)]
        assert {run.status for run in runs} == {CloseRun.Status.CLOSED}
        assert runs.last().ranges.count() >= 3
        assert OverdueStatus.objects.filter(days_past_due=13).count() == len(loans)

    def test_catching_up_queues_each_date_once_however_many_ranges_go_on_at_once(self, amina, queue, settings):
        settings.CLOSE_RANGE_LOANS, settings.CLOSE_RANGE_SECONDS, settings.CLOSE_AT_ONCE = 1, 0, 4
        for _number in range(4):
            running_loan(amina)
        close_date(business_date=TODAY - timedelta(days=8), today=TODAY)

        tasks.close_due_dates()

        assert CloseRun.objects.filter(status="RUNNING").count() == 1
        # Of each date its start, a task for each range, and one for each of the four that finds nothing left.
        assert work_off(queue) == 6 + 7 * (4 + 4)
        assert CloseRun.objects.filter(status="CLOSED").count() == 8

    def test_a_task_that_comes_twice_does_nothing_the_second_time(self, amina, queue):
        running_loan(amina)
        tasks.close_due_dates()
        _name, fields = queue[0]
        work_off(queue)
        status = OverdueStatus.objects.get()

        tasks.close_one_range(**fields)

        assert OverdueStatus.objects.get().as_of == status.as_of
        assert CloseRange.objects.get().status == CloseRange.Status.DONE

    def test_the_sweep_picks_up_a_range_whose_task_was_lost(self, amina, queue):
        running_loan(amina)
        run = start_close(business_date=TODAY - timedelta(days=1))
        assert run.status == CloseRun.Status.RUNNING

        tasks.close_due_dates()
        work_off(queue)

        run.refresh_from_db()
        assert run.status == CloseRun.Status.CLOSED

    def test_nothing_is_owed_when_yesterday_is_closed(self, amina, queue):
        running_loan(amina)
        close_date(business_date=TODAY - timedelta(days=1), today=TODAY)

        tasks.close_due_dates()

        assert work_off(queue) == 0

    def test_a_payment_reaction_recounts_the_loan(self, loan, queue):
        close_date(business_date=TODAY - timedelta(days=1), today=TODAY)
        payment = pay(loan, 110_016, TODAY)

        tasks.reassess_loan(loan_id=loan.pk, payment_id=payment.pk)

        status = OverdueStatus.objects.get(pk=loan.pk)
        assert (status.as_of, status.days_past_due) == (TODAY, 0)

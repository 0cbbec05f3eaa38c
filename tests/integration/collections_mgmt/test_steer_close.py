"""Pausing a close, letting it go on, running it again, what fails and waits, and what the page says of it."""

import time
from datetime import date, timedelta

import pytest
from django.db import InternalError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from collections_mgmt import tasks
from collections_mgmt.models import CloseRange, CloseRun, CreditRecordMonth, OverdueStatus
from collections_mgmt.selectors.progress import progress_of
from collections_mgmt.services import close_day, plan_ranges
from collections_mgmt.services import close_range as closing
from collections_mgmt.services.close_day import (
    CloseIsPaused,
    EarlierDateOpen,
    close_date,
    finish_close,
    start_close,
)
from collections_mgmt.services.close_range import ALERT_AFTER, close_next_range, close_range
from collections_mgmt.services.plan_ranges import loans_of_a_range
from collections_mgmt.services.steer_close import (
    CloseIsClosed,
    CloseNotFound,
    CloseNotPaused,
    LaterDateBegun,
    pause_close,
    rerun_close,
    resume_close,
)
from dashu.alerts.models import Alert
from dashu.audit.models import AuditRecord
from dashu.users.models import User
from loans.models import Loan
from repayments.models import LoanBalance, ReconciliationDay
from tests import factories
from tests.factories import running_loan

NIGHT = date(2026, 2, 20)
TODAY = NIGHT + timedelta(days=1)


@pytest.fixture
def queued(monkeypatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(tasks.app, "send_task", lambda name, **_options: sent.append(name))
    monkeypatch.setattr(tasks, "lender_today", lambda: TODAY)
    return sent


@pytest.fixture
def two_ranges(amina, settings) -> CloseRun:
    settings.CLOSE_RANGE_LOANS = 2
    for _number in range(4):
        running_loan(amina)
    return start_close(business_date=NIGHT)


class TestPausing:
    def test_lets_no_further_range_begin_and_resuming_goes_on(self, two_ranges, queued):
        assert close_next_range(run_id=two_ranges.pk, today=TODAY)

        pause_close(run_id=two_ranges.pk, actor="user:1")

        assert close_next_range(run_id=two_ranges.pk, today=TODAY) is None
        tasks.close_one_range(run_id=two_ranges.pk)
        two_ranges.refresh_from_db()
        assert (two_ranges.status, queued) == ("PAUSED", [])
        with pytest.raises(CloseIsPaused):
            close_date(business_date=NIGHT, today=TODAY)

        resume_close(run_id=two_ranges.pk, actor="user:1")
        assert close_date(business_date=NIGHT, today=TODAY).status == "CLOSED"
        assert OverdueStatus.objects.filter(days_past_due=5).count() == 4
        done = AuditRecord.objects.filter(subject_type="close", subject_id=str(NIGHT)).values_list("action", flat=True)
        assert list(done.order_by("pk")) == ["collections.close_paused", "collections.close_resumed"]

    def test_a_later_date_waits_for_the_paused_one(self, two_ranges, queued):
        pause_close(run_id=two_ranges.pk, actor="user:1")

        tasks.close_due_dates()

        assert list(CloseRun.objects.values_list("business_date", flat=True)) == [NIGHT]

    def test_refuses_what_makes_no_sense(self, two_ranges):
        with pytest.raises(CloseNotPaused):
            resume_close(run_id=two_ranges.pk, actor="x")
        pause_close(run_id=two_ranges.pk, actor="x")
        with pytest.raises(CloseNotPaused):
            pause_close(run_id=two_ranges.pk, actor="x")
        with pytest.raises(CloseNotPaused):
            rerun_close(run_id=two_ranges.pk, actor="x")
        resume_close(run_id=two_ranges.pk, actor="x")
        close_date(business_date=NIGHT, today=TODAY)
        with pytest.raises(CloseIsClosed):
            pause_close(run_id=two_ranges.pk, actor="x")
        with pytest.raises(CloseNotFound):
            pause_close(run_id=0, actor="x")


class TestQuarantine:
    def test_on_the_last_day_of_a_month_the_loan_gets_its_credit_record_once_it_is_closed(self, poisoned):
        month_end = date(2026, 2, 28)
        close_date(business_date=month_end, today=month_end + timedelta(days=1))
        assert not CreditRecordMonth.objects.filter(loan=poisoned).exists()

        LoanBalance.objects.filter(pk=poisoned.pk).update(penalty_parts=0, penalty_uncapped_parts=0)
        close_date(business_date=month_end + timedelta(days=1), today=month_end + timedelta(days=2))

        months = CreditRecordMonth.objects.filter(month=date(2026, 2, 1))
        assert (months.count(), months.get(loan=poisoned).days_past_due) == (3, 13)

    @pytest.fixture
    def poisoned(self, amina) -> Loan:
        """One of three loans whose penalty is so large that charging another day overflows."""
        loans = [running_loan(amina) for _number in range(3)]
        bad = loans[1]
        LoanBalance.objects.filter(pk=bad.pk).update(penalty_parts=10**38 - 1, penalty_uncapped_parts=10**38 - 1)
        Loan.objects.filter(pk=bad.pk).update(penalty_cap_rate=None)
        return bad

    def heal(self, loan: Loan) -> None:
        LoanBalance.objects.filter(pk=loan.pk).update(penalty_parts=0, penalty_uncapped_parts=0)

    def test_raises_an_alert_and_never_blocks_the_rest(self, poisoned):
        run = close_date(business_date=NIGHT, today=TODAY)

        assert run.status == "CLOSED"
        left_out = run.ranges.get(status="QUARANTINED")
        assert (left_out.first_loan_id, left_out.end_loan_id, left_out.loans) == (poisoned.pk, poisoned.pk + 1, 1)
        assert OverdueStatus.objects.filter(days_past_due=5).count() == 2
        alert = Alert.objects.get(kind="close.loan_quarantined")
        assert (alert.subject, alert.ended_at) == (f"loan {poisoned.pk}", None)
        assert str(poisoned.pk) in alert.text

    def test_is_tried_again_the_next_night(self, poisoned):
        close_date(business_date=NIGHT, today=TODAY)
        self.heal(poisoned)

        after = close_date(business_date=TODAY, today=TODAY + timedelta(days=1))

        assert OverdueStatus.objects.get(pk=poisoned.pk).days_past_due == 6
        assert CloseRange.objects.get(first_loan_id=poisoned.pk, run__business_date=NIGHT).status == "RECOVERED"
        assert after.counts["recovered"] == 1
        assert Alert.objects.get(kind="close.loan_quarantined").ended_at is not None

    def test_still_bad_the_next_night_it_stays_out_and_the_alert_stays_open(self, poisoned):
        close_date(business_date=NIGHT, today=TODAY)

        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))

        assert CloseRange.objects.filter(status="QUARANTINED", first_loan_id=poisoned.pk).count() == 2
        alert = Alert.objects.get(kind="close.loan_quarantined")
        assert (alert.times, alert.ended_at) == (2, None)

    def test_is_closed_by_running_the_date_again(self, poisoned):
        run = close_date(business_date=NIGHT, today=TODAY)
        self.heal(poisoned)

        assert rerun_close(run_id=run.pk, actor="user:1").status == "RUNNING"
        again = close_date(business_date=NIGHT, today=TODAY)

        assert (again.status, again.times_closed) == ("CLOSED", 2)
        assert OverdueStatus.objects.filter(days_past_due=5).count() == 3
        assert ReconciliationDay.objects.get(on=TODAY).differences == 0
        with pytest.raises(CloseIsClosed):
            rerun_close(run_id=run.pk, actor="user:1")

    def test_run_again_while_another_worker_ends_the_close_it_is_not_closed_over_it(self, poisoned, monkeypatch):
        run = start_close(business_date=NIGHT)
        while close_next_range(run_id=run.pk, today=TODAY):
            pass
        waiting = close_day.waiting_ranges

        def overtaken(run_id: int) -> QuerySet[CloseRange]:
            monkeypatch.setattr(close_day, "waiting_ranges", waiting)
            none = waiting(run_id).none()
            close_day.end_close(run_id=run_id, today=TODAY)
            rerun_close(run_id=run_id, actor="user:1")
            return none

        monkeypatch.setattr(close_day, "waiting_ranges", overtaken)

        assert close_day.end_close(run_id=run.pk, today=TODAY) is None
        run.refresh_from_db()
        assert (run.status, waiting(run.pk).count()) == ("RUNNING", 1)

    def test_is_left_to_the_later_date_once_that_has_begun(self, poisoned):
        run = close_date(business_date=NIGHT, today=TODAY)
        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))

        with pytest.raises(LaterDateBegun):
            rerun_close(run_id=run.pk, actor="user:1")


class TestFailing:
    def test_waits_longer_each_time_and_alerts_after_the_third(self, two_ranges, monkeypatch):
        item = two_ranges.ranges.first()
        monkeypatch.setattr(
            closing, "_close", lambda *_args, **_how: (_ for _ in ()).throw(OperationalError("no disk"))
        )
        waits = []
        for _attempt in range(4):
            CloseRange.objects.update(next_at=None)
            with pytest.raises(OperationalError):
                close_range(range_id=item.pk, today=TODAY)
            item.refresh_from_db()
            waits.append(round((item.next_at - timezone.now()).total_seconds()))

        assert waits == [5, 10, 20, 40]
        assert (item.status, item.error, item.attempts) == ("WAITING", "no disk", 4)
        assert Alert.objects.get(kind="close.range_fails").times == 2
        assert finish_close(run_id=two_ranges.pk, today=TODAY).status == "RUNNING"

    def test_a_database_that_takes_no_writes_is_tried_again_later_and_told_of(self, two_ranges, queued, monkeypatch):
        told = []
        monkeypatch.setattr(tasks, "tell_without_database", lambda kind, **_params: told.append(kind))
        task = tasks.close_one_range

        @transaction.atomic
        def work_without_writing() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL transaction_read_only = on")
            task.run(run_id=two_ranges.pk)

        task.push_request(retries=ALERT_AFTER, called_directly=True)
        with pytest.raises(InternalError):
            work_without_writing()
        task.pop_request()

        assert (queued, told) == ([], ["database.unreachable"])

    def test_one_that_failed_a_moment_ago_lets_the_others_go_first(self, two_ranges):
        first, second = two_ranges.ranges.order_by("first_loan_id")
        CloseRange.objects.filter(pk=first.pk).update(next_at=timezone.now() + timedelta(minutes=1), error="x")

        assert close_next_range(run_id=two_ranges.pk, today=TODAY).pk == second.pk
        assert close_next_range(run_id=two_ranges.pk, today=TODAY) is None

    def test_a_close_that_is_done_ends_its_alerts(self, two_ranges, monkeypatch):
        self.test_waits_longer_each_time_and_alerts_after_the_third(two_ranges, monkeypatch)
        monkeypatch.undo()
        rerun_close(run_id=two_ranges.pk, actor="user:1")

        close_date(business_date=NIGHT, today=TODAY)

        assert not Alert.objects.filter(ended_at=None).exists()

    def test_a_date_that_is_open_in_the_morning_raises_an_alert(self, amina, queued, monkeypatch):
        running_loan(amina)
        close_date(business_date=NIGHT - timedelta(days=1), today=TODAY)
        morning = timezone.datetime(2026, 2, 21, 5, 59, tzinfo=tasks.lender_now().tzinfo)
        monkeypatch.setattr(tasks, "lender_now", lambda: morning)
        tasks.close_due_dates()
        assert not Alert.objects.exists()

        monkeypatch.setattr(tasks, "lender_now", lambda: morning + timedelta(minutes=1))
        tasks.close_due_dates()

        assert Alert.objects.get().kind == "close.is_late"


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_no_more_ranges_than_allowed_are_closed_at_once(self, policy_packs, settings):
        settings.CLOSE_RANGE_LOANS, settings.CLOSE_AT_ONCE = 1, 1
        amina = factories.borrower("Amina")
        for _number in range(2):
            running_loan(amina)
        run = start_close(business_date=NIGHT)
        elsewhere = connection.copy()
        with elsewhere.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, 0)", [closing._PLACES])

        assert close_next_range(run_id=run.pk, today=TODAY) is None
        assert set(run.ranges.values_list("attempts", flat=True)) == {0}
        elsewhere.close()

        # The server lets go of the lock a moment after the connection is gone.
        deadline = time.monotonic() + 10
        while (closed := close_next_range(run_id=run.pk, today=TODAY)) is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert closed is not None
        assert closed.status == "DONE"


class TestSizeOfRanges:
    def test_follows_the_speed_of_the_night_before(self, amina, settings):
        settings.CLOSE_RANGE_LOANS, settings.CLOSE_RANGE_SECONDS = 100, 3
        assert loans_of_a_range() == 100
        run = CloseRun.objects.create(business_date=NIGHT, status="CLOSED", ended_at=timezone.now())
        of_run = {"run": run, "status": "DONE", "end_loan_id": 9}
        CloseRange.objects.create(first_loan_id=1, loans=200, seconds={"touched": 1, "accrued": 2}, **of_run)
        CloseRange.objects.create(first_loan_id=5, loans=100, seconds={"touched": 2}, **of_run)

        assert loans_of_a_range() == 180  # 300 loans in 5 s are 60 a second

        CloseRange.objects.update(seconds={"touched": 0.1})
        assert loans_of_a_range() == 400  # never more than four times the usual

    def test_a_book_that_is_small_for_that_gives_everyone_something_to_do(self, amina, settings, monkeypatch):
        settings.CLOSE_RANGE_LOANS, settings.CLOSE_AT_ONCE = 100, 2
        monkeypatch.setattr(plan_ranges, "FEWEST", 2)
        for _number in range(12):
            running_loan(amina)

        assert [item.loans for item in plan_ranges.plan_ranges()] == [3, 3, 3, 3]

        monkeypatch.setattr(plan_ranges, "FEWEST", 5)
        assert [item.loans for item in plan_ranges.plan_ranges()] == [5, 5, 2]

    def test_a_small_book_says_nothing_of_the_speed(self, amina, settings):
        settings.CLOSE_RANGE_LOANS = 100
        running_loan(amina)
        close_date(business_date=NIGHT, today=TODAY)

        assert loans_of_a_range() == 100


class TestProgress:
    def test_counts_loans_speed_and_expected_end(self, two_ranges):
        first, _second = two_ranges.ranges.order_by("first_loan_id")
        now = timezone.now()
        ended = {"status": "DONE", "started_at": now - timedelta(seconds=4), "ended_at": now - timedelta(seconds=2)}
        CloseRange.objects.filter(pk=first.pk).update(**ended)

        progress = progress_of(two_ranges, now=now)

        assert (progress.loans_done, progress.loans, progress.percent) == (2, 4, 50)
        assert progress.per_second == pytest.approx(1)
        assert progress.expected_end == now + timedelta(seconds=2)

    def test_the_page_shows_it_live_and_stops_when_it_is_done(self, two_ranges, client, settings):
        client.force_login(factories.staff("Sun", User.Role.SUPERVISOR))
        page = client.get(f"/admin/collections_mgmt/closerun/{two_ranges.pk}/change/").content.decode()
        assert f'hx-get="/admin/collections_mgmt/closerun/{two_ranges.pk}/progress/"' in page
        part = client.get(f"/admin/collections_mgmt/closerun/{two_ranges.pk}/progress/")
        assert 'value="0"' in part.content.decode()
        assert "HX-Refresh" not in part

        close_date(business_date=NIGHT, today=TODAY)

        done = client.get(f"/admin/collections_mgmt/closerun/{two_ranges.pk}/progress/")
        assert done["HX-Refresh"] == "true"

    def test_costs_three_queries_however_many_ranges(self, two_ranges, django_assert_num_queries):
        with django_assert_num_queries(3):
            progress_of(two_ranges)


class TestPage:
    @pytest.fixture
    def supervisor(self, db, client) -> User:
        user = factories.staff("Sun", User.Role.SUPERVISOR)
        client.force_login(user)
        return user

    def address(self, run: CloseRun, act: str) -> str:
        return f"/admin/collections_mgmt/closerun/{run.pk}/{act}/"

    def test_asks_first_then_pauses_and_resumes(
        self, supervisor, two_ranges, client, queued, django_capture_on_commit_callbacks
    ):
        assert client.get(self.address(two_ranges, "pause")).status_code == 200
        two_ranges.refresh_from_db()
        assert two_ranges.status == "RUNNING"

        client.post(self.address(two_ranges, "pause"))
        two_ranges.refresh_from_db()
        assert (two_ranges.status, queued) == ("PAUSED", [])

        with django_capture_on_commit_callbacks(execute=True):
            client.post(self.address(two_ranges, "resume"))
        two_ranges.refresh_from_db()
        assert two_ranges.status == "RUNNING"
        assert queued == ["dashu.events.react"]
        tasks.close_due_dates(run_id=two_ranges.pk)
        assert queued[1:] == ["collections_mgmt.tasks.close_one_range"] * 2

    def test_a_closed_date_answers_so(self, supervisor, two_ranges, client, queued):
        close_date(business_date=NIGHT, today=TODAY)

        page = client.post(self.address(two_ranges, "rerun"), follow=True)

        assert [str(message) for message in page.context["messages"]] != []
        assert queued == []
        assert CloseRun.objects.get().status == "CLOSED"

    @pytest.mark.parametrize("act", ["pause", "resume", "rerun"])
    def test_is_refused_to_those_who_may_not_steer(self, two_ranges, client, act):
        client.force_login(factories.staff("Chidi", User.Role.COLLECTOR))

        assert client.post(self.address(two_ranges, act)).status_code == 403

        two_ranges.refresh_from_db()
        assert two_ranges.status == "RUNNING"


class TestOrder:
    def test_a_date_does_not_begin_while_one_before_it_is_open(self, loan):
        start_close(business_date=NIGHT)

        with pytest.raises(EarlierDateOpen):
            start_close(business_date=NIGHT + timedelta(days=1))

        close_date(business_date=NIGHT, today=TODAY)
        assert start_close(business_date=NIGHT + timedelta(days=1)).status == CloseRun.Status.RUNNING

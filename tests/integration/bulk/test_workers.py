"""Workers that come, fail, vanish and come back; every line is worked once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection

from dashu.alerts.models import Alert
from dashu.bulk import tasks
from dashu.bulk.models import BulkJob, JobLine, JobRange
from dashu.bulk.services import start_job as starting
from dashu.bulk.services import work_job as working
from dashu.bulk.services.start_job import start_job
from dashu.bulk.services.upload_job import read_job_file, stored_file, upload_job
from dashu.bulk.services.work_job import LOST_AFTER, MOST_ATTEMPTS, work_next_range
from dashu.users.models import Partner
from tests.integration.bulk import kinds
from tests.integration.bulk.files import NOW, work

pytestmark = pytest.mark.django_db
LATER = NOW + LOST_AFTER + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _counting(settings, monkeypatch):
    settings.BULK_JOB_KINDS = {"counting": "tests.integration.bulk.kinds.WRITING"}
    monkeypatch.setattr(kinds, "BROKEN", set())
    monkeypatch.setattr(starting, "RANGE", 3)


def job_with(partner, *numbers: str, kind=kinds.WRITING) -> BulkJob:
    content = BytesIO(b"n\n" + "".join(f"{number}\n" for number in numbers).encode())
    file = read_job_file(content, kind=kind, name="numbers.csv", file_format=None)
    with stored_file(file, now=NOW) as stored_as:
        return upload_job(
            partner=partner, file=file, stored_as=stored_as, check_only=False, language="en", now=NOW, actor="test"
        )


def work_a_range(job, *, now=NOW):
    return work_next_range(job_id=job.pk, today=now.date(), clock=lambda: now)


def outcomes(job) -> str:
    return "".join(outcome[0] for outcome in job.rows.order_by("number").values_list("outcome", flat=True))


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


class TestWorkers:
    def test_take_up_ranges_one_after_the_other(self, dana):
        job = job_with(dana, "1", "0", "3", "4")
        start_job(job_id=job.pk, now=NOW)

        assert work_a_range(job) == 3
        assert outcomes(job) == "DRDW"
        assert work_a_range(job) == 1
        assert work_a_range(job) is None
        ranges = job.ranges.order_by("first").values_list("first", "end", "status", "done", "refused")
        assert list(ranges) == [(1, 4, "DONE", 2, 1), (4, 5, "DONE", 1, 0)]

    def test_are_no_more_at_once_than_is_set(self, dana, settings):
        settings.BULK_AT_ONCE = 1
        job = job_with(dana, "1", "2", "3", "4")
        start_job(job_id=job.pk, now=NOW)
        JobRange.objects.filter(job=job, first=1).update(status="RUNNING", beat_at=NOW)

        assert work_a_range(job) is None
        assert outcomes(job) == "WWWW"

    def test_go_on_where_a_lost_one_stopped(self, dana):
        job = job_with(dana, "1", "2", "3")
        start_job(job_id=job.pk, now=NOW)
        lost = job.ranges.get()
        JobRange.objects.filter(pk=lost.pk).update(status="RUNNING", claim=job.key, beat_at=NOW, done=1)
        JobLine.objects.filter(job=job, number=1).update(outcome="DONE", result={"n": "of the lost one"})

        assert work_a_range(job, now=NOW + LOST_AFTER / 2) is None
        assert work_a_range(job, now=LATER) == 2

        assert outcomes(job) == "DDD"
        assert job.rows.get(number=1).result == {"n": "of the lost one"}
        assert job.ranges.get().done == 3

    def test_thought_dead_write_nothing_more(self, dana, monkeypatch):
        job = job_with(dana, "1", "2")
        start_job(job_id=job.pk, now=NOW)

        hold, held = working._hold, []

        def hold_once(claim):
            if held:
                JobRange.objects.filter(job=job).update(claim=job.key)  # given to another one meanwhile
            held.append(claim)
            return hold(claim)

        monkeypatch.setattr(working, "_hold", hold_once)

        assert work_a_range(job) == 1
        assert outcomes(job) == "DW"
        assert job.ranges.get().status == "RUNNING"

    def test_stop_between_two_lines_while_the_partner_is_not_active(self, dana, monkeypatch):
        job = job_with(dana, "1", "2", "3")
        start_job(job_id=job.pk, now=NOW)
        hold, held = working._hold, []

        def hold_once(claim):
            if held:
                Partner.objects.filter(pk=dana.pk).update(is_active=False)
            held.append(claim)
            return hold(claim)

        monkeypatch.setattr(working, "_hold", hold_once)
        assert work_a_range(job) == 1
        assert work_a_range(job, now=LATER) is None
        assert outcomes(job) == "DWW"

        monkeypatch.setattr(working, "_hold", hold)
        Partner.objects.filter(pk=dana.pk).update(is_active=True)
        assert work_a_range(job, now=LATER) == 2
        assert outcomes(job) == "DDD"

    def test_leave_a_line_that_breaks_them_to_later_attempts_and_then_out(self, dana):
        kinds.BROKEN.add("2")
        job = job_with(dana, "1", "2", "3")
        start_job(job_id=job.pk, now=NOW)

        now = NOW
        for _attempt in range(MOST_ATTEMPTS):
            with pytest.raises(RuntimeError):
                work_a_range(job, now=now)
            assert outcomes(job) == "DWW"
            assert work_a_range(job, now=now) is None  # not at once
            now += timedelta(minutes=10)
        assert Alert.objects.filter(kind="bulk.line_fails", ended_at=None).count() == 1
        work_a_range(job, now=now)
        ended = work(job, now=now)

        assert (outcomes(job), ended.status) == ("DRD", "DONE_WITH_REFUSALS")
        assert job.rows.get(number=2).code == "internal_error"
        assert Alert.objects.filter(kind="bulk.line_fails", ended_at=None).exists() is False

    def test_tell_the_broken_line_from_others_that_only_compute(self, dana, settings):
        settings.BULK_JOB_KINDS = {"counting": "tests.integration.bulk.kinds.COUNTING"}
        kinds.BROKEN.add("3")
        job = job_with(dana, "1", "2", "3", kind=kinds.COUNTING)
        start_job(job_id=job.pk, now=NOW)

        with pytest.raises(RuntimeError):
            work_a_range(job)
        assert outcomes(job) == "WWW"
        with pytest.raises(RuntimeError):
            work_a_range(job, now=LATER)

        assert outcomes(job) == "DDW"

    def test_start_a_job_once(self, dana):
        job = job_with(dana, "1")

        assert start_job(job_id=job.pk, now=NOW) is True
        assert start_job(job_id=job.pk, now=NOW) is False
        assert job.rows.count() == 1


class TestManyLines:
    def test_take_statements_by_batches_and_ranges_and_not_by_lines(self, dana, settings, monkeypatch):
        settings.BULK_JOB_KINDS = {"counting": "tests.integration.bulk.kinds.COUNTING"}
        monkeypatch.setattr(starting, "RANGE", 200)
        job = job_with(dana, *(str(number) for number in range(1, 50_001)), kind=kinds.COUNTING)

        with statements() as reading:
            start_job(job_id=job.pk, now=NOW)
        with statements() as working_on_them:
            ended = work(job)

        assert (ended.status, ended.done, ended.lines) == ("DONE", 50_000, 50_000)
        lines = [sql for sql in reading if sql.startswith('INSERT INTO "bulk_jobline"')]
        assert len(lines) == 50
        assert len(reading) < 150
        assert len(working_on_them) < 250 * 12


class TestSweep:
    @pytest.fixture
    def sent(self, monkeypatch) -> list[tuple[str, int]]:
        sent: list[tuple[str, int]] = []
        monkeypatch.setattr(
            tasks.app, "send_task", lambda name, kwargs: sent.append((name.rpartition(".")[2], kwargs["job_id"]))
        )
        monkeypatch.setattr(tasks, "lender_now", lambda: NOW + timedelta(minutes=2))
        return sent

    def test_starts_what_an_event_missed(self, dana, sent):
        job = job_with(dana, "1")

        tasks.sweep_jobs()

        assert sent == [("start_job", job.pk)]

    def test_goes_on_with_what_a_stopped_worker_left(self, dana, sent):
        job = job_with(dana, "1", "2", "3", "4")
        start_job(job_id=job.pk, now=NOW)

        tasks.sweep_jobs()

        assert sent == [("work_one_range", job.pk)] * 2

    def test_leaves_alone_what_has_ended(self, dana, sent):
        work(job_with(dana, "1"))

        tasks.sweep_jobs()

        assert sent == []

    def test_the_tasks_work_a_job_to_its_end(self, dana, monkeypatch):
        job = job_with(dana, "1", "2", "3", "4")

        def at_once(name, kwargs):
            getattr(tasks, name.rpartition(".")[2])(**kwargs)

        monkeypatch.setattr(tasks.app, "send_task", at_once)

        tasks.start_job(job_id=job.pk)

        job.refresh_from_db()
        assert (job.status, job.done) == ("DONE", 4)

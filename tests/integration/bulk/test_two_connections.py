"""What two connections do to one job at once."""

from threading import Event, Thread

import pytest
from django.db import connection

from dashu.bulk.models import BulkJob
from dashu.bulk.services.end_job import cancel_job
from dashu.bulk.services.start_job import start_job
from dashu.bulk.services.work_job import work_next_range
from tests.integration.bulk import kinds
from tests.integration.bulk.files import NOW
from tests.integration.bulk.test_workers import job_with, outcomes
from tests.integration.runtime.processes import until

pytestmark = pytest.mark.django_db(transaction=True)


def in_thread(work) -> Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def is_somebody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])


class TestCancelling:
    def test_waits_for_the_line_that_is_being_worked_and_lets_no_other_begin(self, dana, settings, monkeypatch):
        settings.BULK_JOB_KINDS = {"counting": "tests.integration.bulk.kinds.WRITING"}
        begun, may_end, seen = Event(), Event(), []

        def slow(values):
            seen.append(values["n"])
            begun.set()
            assert may_end.wait(60)

        monkeypatch.setattr(kinds, "before", slow)
        job = job_with(dana, "1", "2", "3")
        start_job(job_id=job.pk, now=NOW)

        worker = in_thread(lambda: work_next_range(job_id=job.pk, today=NOW.date(), clock=lambda: NOW))
        assert begun.wait(60)
        canceller = in_thread(lambda: cancel_job(job_id=job.pk, now=NOW, actor="test"))
        until(is_somebody_waiting)
        assert BulkJob.objects.get(pk=job.pk).status == "RUNNING"
        may_end.set()
        worker.join(60)
        canceller.join(60)

        job.refresh_from_db()
        assert (job.status, job.done, outcomes(job), seen) == ("CANCELLED", 1, "DWW", ["1"])

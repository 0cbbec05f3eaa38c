"""How files of jobs are kept: looked at, sealed anew, and deleted in time."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from dashu.alerts.models import Alert
from dashu.bulk.files import content_of, remove_orphans, reseal_files
from dashu.bulk.models import JobLine, JobRange
from dashu.bulk.services.forget_files import forget_files
from dashu.bulk.services.start_job import start_job
from dashu.settings.env import derived_key
from tests.integration.api.conftest import assert_problem
from tests.integration.bulk.files import NOW, csv_file, job_of, payment, work
from tests.unit.loans.scanners.fake_clamd import EICAR, fake_clamd

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(program, danas_loan):
    file = csv_file(payment(danas_loan, "first"), payment("L404", "second"))
    return job_of(program.upload("jobs", {"kind": "payments", "file": file}))


class TestDeleting:
    def test_takes_lines_and_file_after_thirty_days_and_leaves_the_job(self, program, job):
        work(job)

        assert forget_files(now=NOW + timedelta(days=29)) == 0
        assert forget_files(now=NOW + timedelta(days=30)) == 1
        assert forget_files(now=NOW + timedelta(days=31)) == 0

        shown = program.get(f"jobs/{job.key}").json()
        assert (shown["status"], shown["lines"]["done"], shown["lines"]["refused"]) == ("DONE_WITH_REFUSALS", 1, 1)
        assert (shown["links"]["results"], shown["links"]["refused"]) == (None, None)
        assert_problem(program.get(f"jobs/{job.key}/results"), 404, "results_gone", None)
        assert (JobLine.objects.count(), JobRange.objects.count()) == (0, 0)
        assert storages["private"].exists(job.stored_as) is False

    def test_leaves_what_is_still_at_work(self, job):
        assert forget_files(now=NOW + timedelta(days=365)) == 0
        assert storages["private"].exists(job.stored_as) is True

    def test_takes_files_that_no_job_names(self, job):
        storages["private"].save("jobs/2026-02-20/lost", ContentFile(b"x"))
        tomorrow = storages["private"].get_modified_time("jobs/2026-02-20/lost") + timedelta(days=1, seconds=1)

        assert remove_orphans(now=tomorrow - timedelta(hours=1)) == 0
        assert remove_orphans(now=tomorrow) == 1

        assert storages["private"].exists(job.stored_as) is True


class TestKeys:
    def test_are_changed_under_a_file_without_changing_it(self, job, settings):
        before = b"".join(content_of(job))
        settings.FIELD_KEYS = [("new", derived_key("another secret", "fields")), *settings.FIELD_KEYS]

        assert reseal_files() == (1, [])
        assert reseal_files() == (0, [])

        old = job.stored_as
        job.refresh_from_db()
        assert job.stored_as != old
        assert storages["private"].exists(old) is False
        settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
        assert b"".join(content_of(job)) == before


class TestScanning:
    @pytest.fixture(autouse=True)
    def _clamd(self, settings):
        settings.DOCUMENT_SCANNER = "clamd"
        with fake_clamd() as daemon:
            settings.CLAMD_ADDRESS = daemon.address
            self.daemon = daemon
            yield

    def test_looks_at_a_file_before_its_lines(self, job):
        assert work(job).status == "DONE_WITH_REFUSALS"
        assert self.daemon.scanned == [b"".join(content_of(job))]

    def test_stops_a_file_that_does_harm(self, program, danas_loan):
        file = csv_file(payment(danas_loan, "first"), payment(EICAR.decode(), "second"))
        job = work(job_of(program.upload("jobs", {"kind": "payments", "file": file})))

        assert (job.status, job.problem_code) == ("FAILED", "file_harmful")
        assert JobLine.objects.exists() is False
        alert = Alert.objects.get(kind="bulk.job_failed")
        assert (alert.subject, alert.params["job"]) == ("dana", str(job.key))
        assert program.get(f"jobs/{job.key}").json()["problem"]["code"] == "file_harmful"
        assert_problem(program.get(f"jobs/{job.key}/results"), 404, "results_gone", None)

        good = csv_file(payment(danas_loan, "first"))
        work(job_of(program.upload("jobs", {"kind": "payments", "file": good}, key="key-2")))
        assert Alert.objects.filter(kind="bulk.job_failed", ended_at=None).exists() is False

    def test_that_gives_no_answer_is_asked_again(self, job):
        self.daemon.trouble = "nonsense that is no answer"
        assert start_job(job_id=job.pk, now=NOW) is False
        assert Alert.objects.filter(kind="bulk.not_scanned", ended_at=None).count() == 1

        self.daemon.trouble = ""
        assert start_job(job_id=job.pk, now=NOW) is True
        assert Alert.objects.filter(kind="bulk.not_scanned", ended_at=None).exists() is False


class TestLostFiles:
    def test_fail_the_job_and_say_so(self, job):
        storages["private"].delete(job.stored_as)

        assert start_job(job_id=job.pk, now=NOW) is False

        job.refresh_from_db()
        assert (job.status, job.problem_code) == ("FAILED", "file_lost")

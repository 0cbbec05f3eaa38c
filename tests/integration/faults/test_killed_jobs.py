"""
A worker is killed with signal 9 in the middle of a file of payments, again and again, and every line is booked once.

What says that a worker is lost is a minute without a sign of life; the test sets its last sign back instead of waiting.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum

from dashu.bulk import tasks
from dashu.bulk.models import BulkJob, JobLine, JobRange
from dashu.bulk.services import start_job as starting
from dashu.kernel.dates import lender_now, lender_today
from dashu.webhooks.models import PartnerEvent
from repayments.models import Payment
from repayments.selectors.reconciliation import differences
from tests import factories
from tests.integration.api.conftest import program_of
from tests.integration.faults.parts import Part, running, worker
from tests.integration.runtime.processes import until

pytestmark = pytest.mark.django_db(transaction=True)

LOANS, PAYMENTS = 10, 400
MARKS = (20, 120, 220)
SECONDS = 300


@pytest.fixture
def job(amina, dana, empty_broker, settings, tmp_path, monkeypatch) -> BulkJob:
    monkeypatch.setattr(starting, "RANGE", 50)
    starts_on = lender_today() - timedelta(days=20)
    loans = [factories.running_loan(amina, starts_on=starts_on, brought_by=dana) for _number in range(LOANS)]
    rows = [
        f"{loans[number % LOANS].number},{number % 7 + 1}.00,CNY,{lender_today()},p{number}\n"
        for number in range(PAYMENTS)
    ]
    text = "loan,amount,currency,received_on,reference\n" + "".join(rows)
    file = SimpleUploadedFile("payments.csv", text.encode())
    answer = program_of(dana).upload("jobs", {"kind": "payments", "file": file})
    found = BulkJob.objects.get(key=answer.json()["id"])
    starting.start_job(job_id=found.pk, now=lender_now())
    return found


def done(job: BulkJob) -> int:
    return JobLine.objects.filter(job=job, outcome=JobLine.Outcome.DONE).count()


def sweep_a_minute_later(job: BulkJob) -> None:
    stale: Any = lender_now() - timedelta(minutes=5)
    JobRange.objects.filter(job=job, status=JobRange.Status.RUNNING).update(beat_at=stale)
    tasks.sweep_jobs()


def strike(part: Part, *, is_whole: bool) -> None:
    if is_whole or not part.children():
        part.kill()
    else:
        part.children()[0].kill()


class TestKilledWorkers:
    def test_book_every_line_of_a_file_once(self, job, dana, tmp_path):
        tasks.sweep_jobs()
        counts = []
        with running(worker(tmp_path, queues="bulk", children=2)) as part:
            for number, mark in enumerate(MARKS):
                until(lambda mark=mark: done(job) >= mark, SECONDS)
                strike(part, is_whole=number != 1)
                counts.append(done(job))
                sweep_a_minute_later(job)
            until(lambda: not BulkJob.objects.get(pk=job.pk).is_open, SECONDS)

        # It was killed in the middle each time.
        assert all(mark <= count < PAYMENTS for mark, count in zip(MARKS, counts, strict=True))

        job.refresh_from_db()
        assert (job.status, job.done, job.known, job.refused) == ("DONE", PAYMENTS, 0, 0)
        booked = Payment.objects.values_list("reference", flat=True)
        assert sorted(booked) == sorted(f"dana:p{number}" for number in range(PAYMENTS))
        assert Payment.objects.aggregate(paid=Sum("amount_minor"))["paid"] == sum(
            (number % 7 + 1) * 100 for number in range(PAYMENTS)
        )
        assert JobLine.objects.filter(job=job, outcome="DONE").count() == PAYMENTS
        assert PartnerEvent.objects.filter(type="job.finished", subject=str(job.key)).count() == 1
        assert differences() == []

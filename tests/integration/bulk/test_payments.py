"""A file of payments, from the upload to what became of each line."""

import json
from datetime import timedelta

import pytest

from dashu.audit.models import AuditRecord
from dashu.bulk.models import BulkJob, JobLine, JobRange
from dashu.bulk.selectors import progress_of
from dashu.bulk.services import start_job as starting
from dashu.webhooks.models import PartnerEvent
from repayments.models import Payment
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of
from tests.integration.bulk.files import COLUMNS, NOW, csv_file, job_of, json_file, payment, work

pytestmark = pytest.mark.django_db


def send(program, file, *, key="key-1", **form):
    return program.upload("jobs", {"kind": "payments", "file": file, **form}, key=key)


def results(program, job):
    answer = program.get(f"jobs/{job.key}/results")
    return [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]


def told(job):
    return PartnerEvent.objects.filter(type="job.finished", subject=str(job.key)).values_list("data", flat=True)


class TestUpload:
    def test_is_queued_with_an_address_and_nothing_is_booked(self, program, danas_loan, folder):
        answer = send(program, csv_file(payment(danas_loan, "first")))

        assert answer.status_code == 202
        job = job_of(answer)
        assert answer["Location"] == answer.json()["links"]["self"] == f"/api/v1/jobs/{job.key}"
        assert (answer.json()["status"], answer.json()["lines"]["total"]) == ("QUEUED", 1)
        assert Payment.objects.exists() is False
        assert AuditRecord.objects.filter(action="bulk.job_uploaded", subject_id=str(job.key)).count() == 1

    def test_lies_sealed(self, program, danas_loan, folder):
        job = job_of(send(program, csv_file(payment(danas_loan, "first"))))

        assert danas_loan.number.encode() not in (folder / job.stored_as).read_bytes()

    def test_again_with_the_same_key_is_the_same_job_and_one_file(self, program, danas_loan, folder):
        first = send(program, csv_file(payment(danas_loan, "first")))
        again = send(program, csv_file(payment(danas_loan, "first")))

        assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
        assert again["Location"] == first["Location"]
        assert BulkJob.objects.count() == 1
        assert len([path for path in folder.rglob("*") if path.is_file()]) == 1

    def test_with_another_file_under_the_same_key_is_refused(self, program, danas_loan, folder):
        send(program, csv_file(payment(danas_loan, "first")))

        answer = send(program, csv_file(payment(danas_loan, "second")))

        assert_problem(answer, 409, "idempotency_key_reused", "Idempotency-Key")
        assert len([path for path in folder.rglob("*") if path.is_file()]) == 1

    def test_needs_the_scope_of_the_kind(self, dana, danas_loan):
        answer = send(program_of(dana, scope="jobs:write jobs:read"), csv_file(payment(danas_loan, "first")))

        assert_problem(answer, 403, "insufficient_scope", None)
        assert BulkJob.objects.exists() is False

    @pytest.mark.parametrize(
        "columns",
        [("loan", "amount"), (*COLUMNS, "note"), (*COLUMNS, "loan")],
        ids=["missing", "unknown", "twice"],
    )
    def test_of_a_file_that_does_not_fit_leaves_nothing(self, program, folder, columns):
        answer = send(program, csv_file(("1",) * len(columns), columns=columns))

        assert_problem(answer, 422, "file_not_readable", "file")
        assert BulkJob.objects.exists() is False
        assert [path for path in folder.rglob("*") if path.is_file()] == []

    def test_of_too_many_at_once_waits_for_the_others(self, program, danas_loan):
        for number in range(5):
            assert send(program, csv_file(payment(danas_loan, f"p{number}")), key=f"k{number}").status_code == 202

        answer = send(program, csv_file(payment(danas_loan, "p5")), key="k5")

        assert_problem(answer, 409, "too_many_jobs", None)
        assert BulkJob.objects.count() == 5


class TestLines:
    def test_are_booked_or_refused_one_by_one(self, program, danas_loan, brook):
        others = factories.running_loan(brook)
        file = csv_file(
            payment(danas_loan, "first"),
            payment(others, "not-mine"),
            payment(danas_loan, "too fine", amount="1.001"),
            payment(danas_loan, "tomorrow", on="2027-02-15"),
            payment(danas_loan, "second", amount="50"),
        )

        job = work(job_of(send(program, file)))

        assert (job.status, job.done, job.known, job.refused) == ("DONE_WITH_REFUSALS", 2, 0, 3)
        assert [(row["line"], row["outcome"], row["code"], row["field"]) for row in results(program, job)] == [
            (2, "DONE", None, None),
            (3, "REFUSED", "loan_not_found", "loan"),
            (4, "REFUSED", "invalid_input", "reference"),
            (5, "REFUSED", "date_outside_contract", "received_on"),
            (6, "DONE", None, None),
        ]
        booked = Payment.objects.order_by("pk").values_list("reference", "amount_minor", "loan__number")
        assert list(booked) == [
            ("dana:first", 100_00, danas_loan.number),
            ("dana:second", 50_00, danas_loan.number),
        ]
        assert list(told(job)) == [
            {
                "job": str(job.key),
                "kind": "payments",
                "status": "DONE_WITH_REFUSALS",
                "rows": 5,
                "done": 2,
                "refused": 3,
            }
        ]

    def test_of_the_same_file_under_a_new_key_are_known(self, program, danas_loan):
        rows = [payment(danas_loan, "first"), payment(danas_loan, "second")]
        work(job_of(send(program, csv_file(*rows))))

        job = work(job_of(send(program, csv_file(*rows), key="key-2")))

        assert (job.status, job.done, job.known, job.refused) == ("DONE", 0, 2, 0)
        assert Payment.objects.count() == 2

    def test_with_a_reference_of_another_payment_are_refused(self, program, danas_loan):
        rows = [payment(danas_loan, "first"), payment(danas_loan, "first", amount="99.00")]

        job = work(job_of(send(program, csv_file(*rows))))

        assert [(row["outcome"], row["code"]) for row in results(program, job)] == [
            ("DONE", None),
            ("REFUSED", "reference_reused"),
        ]
        assert Payment.objects.count() == 1

    def test_as_json_are_texts(self, program, danas_loan):
        good = {
            "loan": danas_loan.number,
            "amount": "100.00",
            "currency": "CNY",
            "received_on": "2026-02-15",
            "reference": "first",
        }
        file = json_file(good, {**good, "amount": 100.00}, {**good, "note": "x"}, [1])

        job = work(job_of(send(program, file)))

        assert [(row["line"], row["outcome"], row["code"], row["field"]) for row in results(program, job)] == [
            (1, "DONE", None, None),
            (2, "REFUSED", "invalid_input", "amount"),
            (3, "REFUSED", "unknown_field", "note"),
            (4, "REFUSED", "unreadable_line", None),
        ]
        assert Payment.objects.count() == 1

    def test_only_checked_leave_nothing(self, program, danas_loan):
        file = csv_file(payment(danas_loan, "first"), payment("L404", "second"))

        job = work(job_of(send(program, file, check_only="true")))

        assert (job.status, job.done, job.refused) == ("DONE_WITH_REFUSALS", 1, 1)
        assert Payment.objects.exists() is False
        assert AuditRecord.objects.filter(action="repayments.payment_received").exists() is False

    def test_speak_the_language_of_the_upload(self, program, danas_loan):
        answer = program.client.post(
            "/api/v1/jobs",
            data={"kind": "payments", "file": csv_file(payment("L404", "first"))},
            headers=program.headers({"Idempotency-Key": "key-1", "Accept-Language": "zh-hans"}),
        )

        job = work(job_of(answer))

        assert JobLine.objects.get(job=job).detail == "没有这笔贷款。"


class TestFilesToMend:
    def test_have_the_refused_lines_with_why_and_can_be_sent_again(self, program, danas_loan):
        job = work(job_of(send(program, csv_file(payment(danas_loan, "first"), payment("L404", "second"), ("x", "y")))))
        answer = program.get(f"jobs/{job.key}/refused")
        text = b"".join(answer.streaming_content).decode()

        assert text.splitlines() == [
            "refused_line,refused_code,refused_detail,loan,amount,currency,received_on,reference",
            "3,loan_not_found,There is no such loan.,L404,100.00,CNY,2026-02-15,second",
            '4,unreadable_line,"The line has 2 values, the first line names 5 columns.",x,y',
        ]

        lines = text.replace("L404", danas_loan.number).splitlines()[:2]
        mended = csv_file(*(line.split(",") for line in lines[1:]), columns=lines[0].split(","))
        again = work(job_of(send(program, mended, key="key-2")))

        assert (again.status, again.done) == ("DONE", 1)
        assert sorted(Payment.objects.values_list("reference", flat=True)) == ["dana:first", "dana:second"]

    def test_hold_no_formula_and_are_read_as_they_were_sent(self, program, danas_loan):
        rows = (payment("=1+1", "-first"), ("+x", "y"))
        job = work(job_of(send(program, csv_file(*rows))))
        text = b"".join(program.get(f"jobs/{job.key}/refused").streaming_content).decode()

        assert text.splitlines()[1:] == [
            "2,loan_not_found,There is no such loan.,'=1+1,100.00,CNY,2026-02-15,'-first",
            '3,unreadable_line,"The line has 2 values, the first line names 5 columns.",\'+x,y',
        ]

        mended = text.replace("'=1+1", danas_loan.number).splitlines()[:2]
        file = csv_file(mended[1].split(","), columns=mended[0].split(","))
        assert work(job_of(send(program, file, key="key-2"))).done == 1
        assert Payment.objects.get().reference == "dana:-first"

    def test_of_json_come_back_as_json(self, program, danas_loan):
        document = {"loan": "L404", "amount": "1", "currency": "CNY", "received_on": "2026-02-15", "reference": "a"}
        job = work(job_of(send(program, json_file(document, "no object"))))

        text = b"".join(program.get(f"jobs/{job.key}/refused").streaming_content).decode()

        first, second = text.splitlines()
        assert json.loads(first) == {
            "refused_line": 1,
            "refused_code": "loan_not_found",
            "refused_detail": "There is no such loan.",
            **document,
        }
        assert second == '"no object"'

    def test_are_csv_where_it_is_asked_for(self, program, danas_loan):
        job = work(job_of(send(program, csv_file(payment(danas_loan, "first")))))

        answer = program.get(f"jobs/{job.key}/results", Accept="text/csv")

        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert b"".join(answer.streaming_content).decode().splitlines() == [
            "line,outcome,code,detail,field,result",
            f'2,DONE,,,,"{{""loan"": ""{danas_loan.number}"", ""payment"": ""first""}}"',
        ]


class TestScopes:
    @pytest.mark.parametrize("part", ["results", "refused"])
    def test_of_the_kind_are_needed_to_read_its_lines(self, program, dana, danas_loan, part):
        job = work(job_of(send(program, csv_file(payment("L404", "first")))))
        narrow = program_of(dana, scope="jobs:read")

        assert_problem(narrow.get(f"jobs/{job.key}/{part}"), 403, "insufficient_scope", None)
        assert narrow.get(f"jobs/{job.key}").status_code == 200

    def test_of_the_kind_are_needed_to_cancel(self, program, dana, danas_loan):
        job = job_of(send(program, csv_file(payment(danas_loan, "first"))))
        narrow = program_of(dana, scope="jobs:write")

        answer = narrow.post(f"jobs/{job.key}/cancel", "", **{"Idempotency-Key": "c"})

        assert_problem(answer, 403, "insufficient_scope", None)
        job.refresh_from_db()
        assert job.status == "QUEUED"


class TestReading:
    def test_says_how_far_a_job_is(self, program, danas_loan, monkeypatch):
        monkeypatch.setattr(starting, "RANGE", 1)
        job = job_of(send(program, csv_file(*(payment(danas_loan, f"p{number}") for number in range(4)))))
        work(job, most=1)

        answer = program.get(f"jobs/{job.key}?fields=status,lines,percent,links").json()

        assert answer == {
            "status": "RUNNING",
            "lines": {"total": 4, "done": 1, "known": 0, "refused": 0, "waiting": 3},
            "percent": 25,
            "links": {
                "self": f"/api/v1/jobs/{job.key}",
                "cancel": f"/api/v1/jobs/{job.key}/cancel",
                "results": None,
                "refused": None,
            },
        }
        assert_problem(program.get(f"jobs/{job.key}/results"), 409, "job_not_ended", None)

    def test_estimates_the_end_by_the_speed_until_now(self, program, danas_loan, monkeypatch):
        monkeypatch.setattr(starting, "RANGE", 1)
        job = job_of(send(program, csv_file(*(payment(danas_loan, f"p{number}") for number in range(4)))))
        work(job, most=1)

        progress = progress_of([job], now=NOW + timedelta(seconds=10))[job.pk]

        assert (progress.waiting, progress.percent, progress.ends_at) == (3, 25, NOW + timedelta(seconds=40))

    def test_of_another_partners_job_finds_nothing(self, program, danas_loan):
        job = work(job_of(send(program, csv_file(payment(danas_loan, "first")))))
        other = program_of(factories.partner("Eve"))

        for path in ("", "/results", "/refused"):
            assert_problem(other.get(f"jobs/{job.key}{path}"), 404, "job_not_found", "job")
        answer = other.post(f"jobs/{job.key}/cancel", "", **{"Idempotency-Key": "k"})
        assert_problem(answer, 404, "job_not_found", "job")
        assert other.get("jobs").json() == {"results": [], "next_cursor": None}

    def test_a_list_takes_the_same_queries_however_long(self, program, danas_loan, django_assert_num_queries):
        for number in range(3):
            start = job_of(send(program, csv_file(payment(danas_loan, f"p{number}")), key=f"k{number}"))
            starting.start_job(job_id=start.pk, now=start.created_at)

        with django_assert_num_queries(3):
            page = program.get("jobs?status=RUNNING&kind=payments&limit=2").json()

        assert [row["status"] for row in page["results"]] == ["RUNNING", "RUNNING"]
        rest = program.get(f"jobs?status=RUNNING&kind=payments&limit=2&cursor={page['next_cursor']}").json()
        assert (len(rest["results"]), rest["next_cursor"]) == (1, None)


class TestCancelling:
    def test_leaves_what_is_booked_and_says_it(self, program, danas_loan, monkeypatch):
        monkeypatch.setattr(starting, "RANGE", 2)
        rows = [payment(danas_loan, f"p{number}") for number in range(5)]
        job = job_of(send(program, csv_file(*rows)))
        work(job, most=1)

        answer = program.post(f"jobs/{job.key}/cancel", "", **{"Idempotency-Key": "key-c"})

        assert (answer.status_code, answer.json()["status"]) == (200, "CANCELLED")
        assert answer.json()["lines"] == {"total": 5, "done": 2, "known": 0, "refused": 0, "waiting": 3}
        assert work(job).status == "CANCELLED"
        assert Payment.objects.count() == 2
        assert [row["outcome"] for row in results(program, job)] == ["DONE", "DONE", *["NOT_DONE"] * 3]
        assert [data["status"] for data in told(job)] == ["CANCELLED"]

    def test_before_anything_was_read_does_nothing(self, program, danas_loan):
        job = job_of(send(program, csv_file(payment(danas_loan, "first"))))

        program.post(f"jobs/{job.key}/cancel", "", **{"Idempotency-Key": "key-c"})

        assert work(job).status == "CANCELLED"
        assert (Payment.objects.count(), JobRange.objects.count()) == (0, 0)

    def test_of_a_job_that_ended_is_refused(self, program, danas_loan):
        job = work(job_of(send(program, csv_file(payment(danas_loan, "first")))))

        answer = program.post(f"jobs/{job.key}/cancel", "", **{"Idempotency-Key": "key-c"})

        assert_problem(answer, 409, "job_ended", None)
        assert BulkJob.objects.get().status == "DONE"

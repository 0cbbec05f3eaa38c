"""Loans that a partner hands over: checked, looked at by a person, and only then in the book."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from dashu.alerts.models import Alert
from dashu.audit.models import AuditRecord
from dashu.bulk.models import BulkJob
from dashu.bulk.services.decide_job import JobNotWaiting, approve_job, decline_forgotten, decline_job
from dashu.kernel.errors import InvalidInput
from dashu.tapes.models import EarlierEvent, Handover
from dashu.users.models import Borrower
from loans.models import Loan
from repayments.selectors.reconciliation import differences
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of
from tests.integration.bulk.files import NOW, csv_file, job_of, json_file, work
from tests.integration.tapes.handovers import LOAN, history_of, rows_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules(rules):
    """Loans are opened by the rules of the lender."""


def line(number="H1", **changes):
    rows, history = rows_of(number), history_of(number)
    for part in (*rows, *history):
        del part["loan"]
    return {**LOAN, "loan": number, "rows": rows, "history": history, **changes}


def send(program, *lines, key="key-1", **form):
    return program.upload("jobs", {"kind": "tape", "file": json_file(*lines), **form}, key=key)


def results(program, job):
    text = b"".join(program.get(f"jobs/{job.key}/results").streaming_content).decode()
    return [json.loads(row) for row in text.splitlines()]


class TestTape:
    def test_waits_for_a_person_once_its_lines_are_checked(self, program, dana):
        job = work(job_of(send(program, line(), line("H2", principal="1.00"))))

        assert (job.status, job.approval, job.done, job.refused) == ("QUEUED", "WAITING", 1, 1)
        shown = program.get(f"jobs/{job.key}").json()
        assert (shown["status"], shown["approval"]) == ("QUEUED", "WAITING")
        assert [(row["outcome"], row["code"]) for row in results(program, job)] == [
            ("DONE", None),
            ("REFUSED", "balance_disagrees"),
        ]
        assert (Loan.objects.count(), Borrower.objects.count(), Handover.objects.count()) == (0, 0, 0)
        assert Alert.objects.get(kind="bulk.job_waits").params["count"] == 1

    def test_names_nobody_in_refused_lines_without_the_scope_for_it(self, program, dana):
        job = work(job_of(send(program, line("H2", principal="1.00", borrower_name="林小满"), ["林小满"])))

        def refused(*scopes):
            answer = program_of(dana, scope=" ".join(("jobs:read", "applications:write", *scopes))).get(
                f"jobs/{job.key}/refused"
            )
            return b"".join(answer.streaming_content).decode()

        assert "林小满" not in refused()
        assert "\\u6797" not in refused()
        assert json.loads(refused().splitlines()[0])["borrower_name"] == "林**"
        assert refused("borrowers:personal").count("林小满") == 1
        assert len(refused("borrowers:personal").splitlines()) == 2

    def test_that_is_approved_is_in_the_book_as_brought_by_the_partner(self, program, dana):
        job = work(job_of(send(program, line(), line("H2", principal="1.00"))))

        approve_job(job_id=job.pk, actor="user:1")
        ended = work(job)

        assert (ended.status, ended.approval, ended.done, ended.refused) == ("DONE_WITH_REFUSALS", "APPROVED", 1, 1)
        loan = Loan.objects.get()
        assert (loan.number, loan.partner, loan.source, loan.external_id) == ("BY-DANA-H1", dana, "by-dana", "H1")
        assert (loan.borrower.name, loan.handover.principal_minor) == ("王小明", 3600_00)
        assert EarlierEvent.objects.count() == 4
        assert differences() == []
        assert results(program, job)[0]["result"] == {"loan": "BY-DANA-H1"}
        assert [row["id"] for row in program.get("loans").json()["results"]] == ["BY-DANA-H1"]
        assert Alert.objects.filter(ended_at=None).exists() is False

    def test_that_is_declined_leaves_nothing_and_says_why(self, program):
        job = work(job_of(send(program, line())))

        declined = decline_job(job_id=job.pk, note="The borrowers are not told yet.", now=NOW, actor="user:1")

        assert (declined.status, declined.approval, declined.done) == ("FAILED", "DECLINED", 0)
        shown = program.get(f"jobs/{job.key}").json()
        assert shown["problem"] == {"code": "job_declined", "detail": "The borrowers are not told yet."}
        assert [row["outcome"] for row in results(program, job)] == ["NOT_DONE"]
        assert Loan.objects.exists() is False

    def test_can_only_be_declined_with_a_reason_and_decided_while_it_waits(self, program):
        job = work(job_of(send(program, line())))

        with pytest.raises(InvalidInput):
            decline_job(job_id=job.pk, note=" ", now=NOW, actor="user:1")
        approve_job(job_id=job.pk, actor="user:1")
        with pytest.raises(JobNotWaiting):
            decline_job(job_id=job.pk, note="Too late.", now=NOW, actor="user:1")

        assert work(job).status == "DONE"
        assert Loan.objects.count() == 1

    def test_at_which_nobody_looks_for_a_month_is_declined(self, program):
        job = work(job_of(send(program, line())))

        assert decline_forgotten(now=NOW + timedelta(days=29)) == 0
        assert decline_forgotten(now=NOW + timedelta(days=31)) == 1

        job.refresh_from_db()
        assert (job.status, job.problem_code) == ("FAILED", "job_declined")

    def test_that_is_cancelled_while_it_waits_leaves_nothing(self, program):
        job = work(job_of(send(program, line())))

        answer = program.post(f"jobs/{job.key}/cancel", "", **{"Idempotency-Key": "key-c"}).json()

        assert (answer["status"], answer["approval"]) == ("CANCELLED", None)
        assert answer["lines"] == {"total": 1, "done": 0, "known": 0, "refused": 0, "waiting": 1}
        with pytest.raises(JobNotWaiting):
            approve_job(job_id=job.pk, actor="user:1")
        assert Loan.objects.exists() is False

    def test_with_nothing_that_passed_needs_nobody(self, program):
        job = work(job_of(send(program, line(principal="1.00"))))

        assert (job.status, job.done, job.refused) == ("DONE_WITH_REFUSALS", 0, 1)
        assert Alert.objects.exists() is False

    def test_only_to_be_checked_needs_nobody(self, program):
        job = work(job_of(send(program, line(), check_only="true")))

        assert (job.status, job.approval, job.done) == ("DONE", "", 1)
        assert Loan.objects.exists() is False

    def test_is_json_lines(self, program):
        answer = program.upload("jobs", {"kind": "tape", "file": csv_file(("H1",), columns=("loan",))})

        assert_problem(answer, 422, "file_not_readable", "format")


class TestLoans:
    def taken_over(self, program, *lines, key):
        job = work(job_of(send(program, *lines, key=key)))
        if job.approval == "WAITING":
            approve_job(job_id=job.pk, actor="user:1")
            work(job)
        return [(row["outcome"], row["code"]) for row in results(program, job)]

    def test_of_the_same_figures_are_known_and_of_others_refused(self, program):
        assert self.taken_over(program, line(), key="k1") == [("DONE", None)]

        again = self.taken_over(program, line(), line(penalty_due="13.00"), key="k2")

        assert again == [("KNOWN", None), ("REFUSED", "handed_over_otherwise")]
        assert Loan.objects.count() == 1

    def test_that_two_partners_number_alike_do_not_meet(self, program):
        eve = factories.partner("Eve")
        self.taken_over(program, line(), key="k1")

        assert self.taken_over(program_of(eve), line(), key="k1") == [("DONE", None)]

        owners = Loan.objects.order_by("pk").values_list("number", "partner__code", "borrower_id")
        assert [owner[:2] for owner in owners] == [("BY-DANA-H1", "dana"), ("BY-EVE-H1", "eve")]
        assert len({owner[2] for owner in owners}) == 2

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"principal": 3600}, "invalid_input", "principal"),
            ({"color": "red"}, "invalid_input", "color"),
            ({"rows": "none"}, "invalid_input", "rows"),
            ({"rows": [{"loan": "H2"}]}, "invalid_input", "rows[0].loan"),
            ({"lent_on": "2025-13-01"}, "bad_value", "lent_on"),
            ({"taken_over_on": "2027-02-20"}, "taken_over_in_future", "taken_over_on"),
            ({"borrower_name": "a\0b"}, "invalid_input", "borrower_name"),
            ({"loan": "H" * 60}, "bad_value", "loan"),
        ],
    )
    def test_that_say_something_impossible_are_refused(self, program, changes, code, field):
        job = work(job_of(send(program, line(**changes))))

        assert [(row["outcome"], row["code"], row["field"]) for row in results(program, job)] == [
            ("REFUSED", code, field)
        ]


class TestDesk:
    @pytest.fixture
    def waiting(self, program) -> BulkJob:
        return work(job_of(send(program, line())))

    def desk(self, role: str) -> Client:
        client = Client()
        client.force_login(factories.staff(role.capitalize(), role))
        return client

    def test_lets_an_accountant_look_and_approve(self, waiting):
        client = self.desk("ACCOUNTANT")

        page = client.get(f"/admin/bulk/bulkjob/{waiting.pk}/change/")
        assert page.status_code == 200
        assert "王小明" in page.content.decode()
        asked = client.get(f"/admin/bulk/bulkjob/{waiting.pk}/decide/")
        assert (asked.status_code, Loan.objects.exists()) == (200, False)
        client.post(f"/admin/bulk/bulkjob/{waiting.pk}/decide/", {"decision": "approve"})

        assert work(waiting).approval == "APPROVED"
        assert Loan.objects.count() == 1
        assert AuditRecord.objects.get(action="bulk.job_approved").actor.startswith("user:")

    def test_takes_no_refusal_without_a_word(self, waiting):
        client = self.desk("ACCOUNTANT")

        client.post(f"/admin/bulk/bulkjob/{waiting.pk}/decide/", {"decision": "decline", "note": ""})
        waiting.refresh_from_db()
        assert waiting.approval == "WAITING"
        client.post(f"/admin/bulk/bulkjob/{waiting.pk}/decide/", {"decision": "decline", "note": "Not agreed."})

        waiting.refresh_from_db()
        assert (waiting.approval, waiting.problem) == ("DECLINED", "Not agreed.")

    @pytest.mark.parametrize("role", ["COLLECTOR", "SUPERVISOR", "UNDERWRITER"])
    def test_is_closed_to_others(self, waiting, role):
        client = self.desk(role)

        assert client.get("/admin/bulk/bulkjob/").status_code == 403
        assert client.post(f"/admin/bulk/bulkjob/{waiting.pk}/decide/", {"decision": "approve"}).status_code == 403
        waiting.refresh_from_db()
        assert waiting.approval == "WAITING"

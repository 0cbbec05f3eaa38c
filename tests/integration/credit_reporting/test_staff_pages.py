"""The pages of staff: what is due, one file with its rows, the steps by button, and one loan's history."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dashu.approvals.models import ApprovalRequest
from dashu.audit.models import AuditRecord
from dashu.credit_reporting.models import ReportedRecord, ReportingConsent, ReportingFile
from tests import factories
from tests.integration.credit_reporting import cases
from tests.integration.staff.conftest import as_role

FEBRUARY = date(2026, 2, 1)


@pytest.fixture
def loan(amina):
    made = cases.reported_loan(cases.known(amina))
    factories.pay(made, cases.MONTHLY, date(2026, 2, 15))
    cases.closed(date(2026, 2, 28))
    return made


@pytest.fixture
def file(loan) -> ReportingFile:
    return cases.filed(FEBRUARY)


def address(name: str, *args: object) -> str:
    return reverse(f"admin:credit_reporting_{name}", args=args)


def act(file: ReportingFile, name: str) -> str:
    return f"/admin/credit_reporting/reportingfile/{file.pk}/{name}/"


class TestPages:
    def test_show_the_file_its_totals_and_rows(self, file, loan):
        shown = as_role("SUPERVISOR").get(address("reportingfile_change", file.pk)).content.decode()

        assert file.sha256 in shown
        assert loan.number in shown

    def test_list_files_with_deadlines(self, file):
        assert as_role("ACCOUNTANT").get(address("reportingfile_changelist")).status_code == 200

    def test_show_what_was_told_of_a_loan(self, file, loan):
        shown = as_role("SUPERVISOR").get(address("reportedrecord_loan", loan.pk)).content.decode()

        assert ReportedRecord.objects.get().grid in shown

    @pytest.mark.parametrize("role", ["COLLECTOR", "UNDERWRITER"])
    def test_are_not_for_everybody(self, file, loan, role):
        client = as_role(role)

        assert client.get(address("reportingfile_changelist")).status_code == 403
        assert client.get(address("reportedrecord_loan", loan.pk)).status_code == 403
        assert client.post(act(file, "take")).status_code == 403


class TestSteps:
    def test_go_from_asking_to_the_answer(self, file):
        wen, root = as_role("SUPERVISOR"), as_role("ADMIN")
        assert wen.post(act(file, "take")).status_code == 403  # not approved yet
        form = wen.get(act(file, "ask")).context["form"]
        wen.post(act(file, "ask"), {"reason": "The month.", "key": form.initial["key"]})
        asked = ApprovalRequest.objects.get()
        assert asked.status == "PENDING"
        assert file.sha256 in str(root.get(f"/admin/approvals/approvalrequest/{asked.pk}/change/").content)
        cases.sent(file, on=date(2026, 3, 5))
        ReportingFile.objects.update(sent_at=None, status="APPROVED")

        taken = wen.post(act(file, "take"))

        content = b"".join(taken.streaming_content)
        assert content.splitlines()[0].startswith(b"H|account_month/1|")
        assert AuditRecord.objects.filter(action="credit_reporting.file_sent").count() == 2
        file.refresh_from_db()
        wen.post(act(file, "answer"), {"file": SimpleUploadedFile("answer.txt", cases.answer_to(file))})
        file.refresh_from_db()
        assert file.status == "ACCEPTED"

    def test_refuse_what_is_no_answer_beside_the_form(self, file):
        cases.sent(file)

        shown = as_role("SUPERVISOR").post(act(file, "answer"), {"file": SimpleUploadedFile("answer.txt", b"hello")})

        assert shown.status_code == 200
        file.refresh_from_db()
        assert file.status == "SENT"

    def test_note_a_consent_on_paper(self, amina):
        loan = factories.running_loan(amina)
        given = {"loan": loan.number, "reference": "P-1", "given_on": "2026-01-15"}

        as_role("SUPERVISOR").post("/admin/credit_reporting/reportingconsent/note/", given)

        assert ReportingConsent.objects.get().reference == "P-1"
        assert AuditRecord.objects.filter(action="credit_reporting.consent_noted").exists()

"""Corrections by file in the back office: upload, look, book, take back."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dashu.users.models import User
from repayments.models import CorrectionBatch, LoanEvent
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

LIST = "/admin/repayments/correctionbatch/"


def upload(client, *lines, key=None):
    content = "\n".join(("act,loan,amount,date,reason,fee", *lines)).encode()
    data = {"key": key or uuid4(), "file": SimpleUploadedFile("corrections.csv", content)}
    return client.post(f"{LIST}upload/", data)


def fees() -> int:
    return LoanEvent.objects.filter(kind="FEE").count()


@pytest.fixture
def line(late_loan) -> str:
    return f"charge_fee,{late_loan.number},50,2026-03-20,late,notary"


class TestCorrectionsByFile:
    def test_upload_shows_every_line_and_books_nothing(self, late_loan, line):
        client = as_role("ACCOUNTANT")

        page = client.get(upload(client, line, line.replace(",50,", ",5O,")).url)

        assert fees() == 0
        sums, lines = page.context["tables"]
        assert [[str(value) for value in row] for row in sums.rows] == [["Charge a fee", "1", "¥50.00"]]
        assert [str(row[4]) for row in lines.rows] == ["Waiting to be booked", "Refused"]
        assert str(lines.rows[1][5]).startswith("amount: ")
        assert [shown.number for shown in page.context["loans"]] == [late_loan.number]
        assert "¥0.00 → ¥50.00" in page.content.decode()

    def test_all_or_nothing_says_which_lines_do_not_fit(self, late_loan, line):
        client = as_role("ACCOUNTANT")
        address = upload(client, line, line.replace(",50,", ",5O,")).url

        page = client.post(address, {"choice": "all"})

        assert (page.status_code, fees()) == (200, 0)
        assert "lines 3 do not fit" in page.context["form"].non_field_errors()[0]

    def test_books_the_good_lines_once_and_takes_them_back(self, late_loan, line):
        client = as_role("ACCOUNTANT")
        address = upload(client, line, line.replace(",50,", ",5O,")).url

        client.post(address, {"choice": "good"})
        client.post(address, {"choice": "good"})
        assert fees() == 1

        batch = CorrectionBatch.objects.get()
        page = client.get(f"{LIST}{batch.pk}/undo/")
        assert [change.number for change in page.context["changes"]] == [late_loan.number]
        assert LoanEvent.objects.filter(kind="REVERSAL").exists() is False
        client.post(f"{LIST}{batch.pk}/undo/", {"reason": "wrong file"})

        batch.refresh_from_db()
        assert (batch.status, LoanEvent.objects.get(kind="REVERSAL").data["reason"]) == ("UNDONE", "wrong file")
        assert client.get(address).status_code == 200

    def test_uploading_twice_makes_one_batch(self, late_loan, line):
        client, key = as_role("ACCOUNTANT"), uuid4()

        assert upload(client, line, key=key).url == upload(client, line, key=key).url
        assert CorrectionBatch.objects.count() == 1

    def test_a_file_that_is_none_is_refused_at_the_field(self, late_loan):
        page = upload(as_role("ACCOUNTANT"))

        assert list(page.context["form"].errors) == ["file"]
        assert CorrectionBatch.objects.exists() is False

    def test_refuses_acts_that_the_person_may_not_do(self, late_loan, line):
        client = as_role("SUPERVISOR")

        page = client.get(upload(client, line).url)

        assert [str(row[5]) for row in page.context["tables"][1].rows] == ["act: You may not do this."]

    @pytest.mark.parametrize("role", ["COLLECTOR", "UNDERWRITER"])
    def test_is_closed_to_others(self, role, late_loan, line):
        address = upload(as_role("ACCOUNTANT"), line).url
        client = as_role(role)

        assert upload(client, line).status_code == 403
        assert client.get(address).status_code == 403
        assert client.post(address, {"choice": "all"}).status_code == 403
        assert client.post(f"{LIST}{CorrectionBatch.objects.get().pk}/undo/", {"reason": "x"}).status_code == 403
        assert fees() == 0

    def test_booking_needs_the_permission_of_its_acts(self, late_loan, line):
        address = upload(as_role("ACCOUNTANT"), line).url

        page = as_role("SUPERVISOR").post(address, {"choice": "all"})

        assert page.context["form"].non_field_errors() == ["You may not do this: Charge a fee."]
        assert fees() == 0
        assert User.objects.filter(role="SUPERVISOR").exists()

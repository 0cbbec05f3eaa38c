"""The book on a past day in the back office: totals, loans a page at a time, what was known when, and files."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_today
from dashu.portal.books import past_days
from dashu.users.models import User
from loans.models import Loan
from repayments.services.charge_off_loan import charge_off_loan
from tests import factories
from tests.integration.staff.conftest import DAY, as_role

pytestmark = pytest.mark.django_db

BOOK = "/admin/repayments/loanbalance/"
EXPORT = f"{BOOK}export/"
ASKED = {"as_of": DAY.isoformat(), "known_on": "", "product": "", "status": "", "bucket": "", "classification": ""}
TOMORROW = lender_today() + timedelta(days=1)


def page_of(client, **asked: str):
    answer = client.get(BOOK, {**ASKED, **asked})
    assert answer.status_code == 200
    return answer


def table(page, title: str) -> list[list[str]]:
    found = next(table for table in page.context["tables"] if str(table.title) == title)
    return [[str(value) for value in row] for row in found.rows]


def content(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


class TestPage:
    def test_shows_totals_by_bucket_and_classification(self, late_loan, brook):
        charge_off_loan(
            loan_id=factories.running_loan(brook).pk, charged_off_on=DAY, today=DAY, reason="lost", actor="user:1"
        )

        page = page_of(as_role("ACCOUNTANT"))

        figures = dict(table(page, "CNY on March 20, 2026"))
        assert (figures["Loans"], figures["Principal outstanding"]) == ("2", "¥11,079.84")
        assert figures["Principal over 30 days past due"] == "¥0.00"
        assert [row[:3] for row in table(page, "CNY, by bucket")] == [
            ["M1", "1", "¥11,079.84"],
            ["M2", "1", "¥0.00"],
        ]
        assert [row[:2] for row in table(page, "CNY, by status")] == [["Running", "1"], ["Charged off", "1"]]
        assert "The day is closed." in page.content.decode()

    def test_says_of_a_day_without_a_close_how_far_penalty_goes(self, late_loan):
        page = page_of(as_role("ACCOUNTANT"), as_of="2026-03-25")

        assert "Penalty goes up to the latest close" in page.content.decode()

    def test_opens_with_the_running_loans_of_yesterday(self, late_loan):
        page = as_role("ACCOUNTANT").get(BOOK)

        assert page.context["asked"].as_of == lender_today() - timedelta(days=1)
        assert [row[0] for row in table(page, "Loans")]
        assert {row[2] for row in table(page, "Loans")} == {"Running"}

    def test_leads_from_a_loan_to_the_same_day_on_its_page(self, late_loan):
        client, today = as_role("ACCOUNTANT"), lender_today().isoformat()

        (row,) = table(page_of(client, known_on=today), "Loans")

        address = f"/admin/loans/loan/{late_loan.pk}/change/?as_of=2026-03-20&amp;known_on={today}"
        assert f'href="{address}"' in row[0]
        loan = dict(table(client.get(address.replace("&amp;", "&")), "On any day"))
        assert (row[3], row[6]) == (loan["principal outstanding"], loan["penalty due"])
        assert (row[8], row[9], row[12]) == (loan["overdue amount"], loan["days past due"], loan["classification"])

    def test_shows_what_was_learned_since(self, late_loan):
        yesterday = (lender_today() - timedelta(days=1)).isoformat()

        page = page_of(as_role("ACCOUNTANT"), known_on=yesterday)

        figures = {row[0]: row[1:] for row in table(page, "CNY on March 20, 2026")}
        assert figures["Loans"] == ["0", "1", "1"]
        assert figures["Principal outstanding"] == ["¥0.00", "¥11,079.84", "¥11,079.84"]
        assert table(page, "CNY, by bucket: what is known now less what was known then")[0][:2] == ["M1", "1"]

    def test_is_picked_by_product_status_bucket_and_classification(self, late_loan, brook):
        sme = factories.running_loan(brook, product="sme", principal=20_000_00)
        client = as_role("ACCOUNTANT")

        for asked, count in [
            ({"product": "sme"}, 1),
            ({"bucket": "M1"}, 1),
            ({"bucket": "M2", "status": "ACTIVE"}, 1),
            ({"classification": "LOSS"}, 0),
        ]:
            page = page_of(client, **asked)
            assert len(table(page, "Loans")) == count
        assert sme.number in table(page_of(client, product="sme"), "Loans")[0][0]

    def test_goes_on_from_page_to_page_and_sums_only_once(self, late_loan, brook, monkeypatch):
        monkeypatch.setattr(past_days, "LOANS_OF_A_PAGE", 2)
        for _number in range(4):
            factories.running_loan(brook)
        client, address, seen = as_role("ACCOUNTANT"), f"{BOOK}?as_of={DAY}&status=ACTIVE", []
        tables = []
        while address:
            page = client.get(address)
            seen += [row[0] for row in table(page, "Loans")]
            tables.append(len(page.context["tables"]))
            address = page.context["next_page"]

        numbers = list(Loan.objects.order_by("pk").values_list("number", flat=True))
        assert [number for number, link in zip(numbers, seen, strict=True) if number in link] == numbers
        assert tables == [4, 1, 1]

    def test_costs_the_same_for_one_loan_and_for_many(self, late_loan, brook):
        client = as_role("ACCOUNTANT")
        page_of(client)
        with CaptureQueriesContext(connection) as for_one:
            page_of(client)
        for _number in range(5):
            factories.running_loan(brook)
        with CaptureQueriesContext(connection) as for_many:
            page_of(client)

        assert len(for_many) == len(for_one)

    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ({"as_of": TOMORROW.isoformat()}, "has not come yet"),
            ({"known_on": TOMORROW.isoformat()}, "has not come yet"),
            ({"as_of": "2026-02-30"}, "Enter a valid date."),
            ({"as_of": "0001-01-01"}, "Choose a day between 1970 and 2199."),
            ({"bucket": "M99"}, "Select a valid choice."),
        ],
    )
    def test_says_what_is_wrong_and_shows_yesterday(self, late_loan, asked, sentence):
        page = page_of(as_role("ACCOUNTANT"), **asked)

        assert sentence in page.content.decode()
        assert page.context["asked"].as_of == lender_today() - timedelta(days=1)

    def test_of_a_day_before_the_first_loan_is_empty(self, late_loan):
        page = page_of(as_role("ACCOUNTANT"), as_of="2020-01-01")

        assert [str(table.title) for table in page.context["tables"]] == ["Loans"]
        assert table(page, "Loans") == []


class TestExport:
    def test_gives_the_loans_as_csv_and_notes_it(self, late_loan):
        answer = as_role("ACCOUNTANT").post(EXPORT, {**ASKED, "file": "csv-excel"})

        data = content(answer)
        assert answer["Content-Disposition"] == 'attachment; filename="book-2026-03-20.csv"'
        assert data.startswith(b"\xef\xbb\xbf")
        (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
        assert (row["loan"], row["principal outstanding"], row["days past due"]) == (late_loan.number, "11079.84", "5")
        record = AuditRecord.objects.get(action="repayments.book_exported")
        assert (record.subject_id, record.data) == ("2026-03-20", {"format": "csv", "as_of": "2026-03-20"})
        assert record.actor == f"user:{User.objects.get(role='ACCOUNTANT').pk}"

    def test_gives_a_workbook_whose_texts_are_no_formulas(self, late_loan):
        Loan.objects.filter(pk=late_loan.pk).update(number="=HYPERLINK(1)")

        answer = as_role("ACCOUNTANT").post(EXPORT, {**ASKED, "file": "xlsx"})

        sheet = openpyxl.load_workbook(io.BytesIO(content(answer))).active
        assert [cell.value for cell in sheet[2]][:5] == ["'=HYPERLINK(1)", "consumer", "ACTIVE", "CNY", "11079.84"]

    def test_refuses_a_workbook_that_is_too_long_for_a_request(self, late_loan, monkeypatch):
        monkeypatch.setattr(past_days, "MOST_LINES_OF_A_FILE", 0)

        answer = as_role("ACCOUNTANT").post(EXPORT, {**ASKED, "file": "xlsx"}, follow=True)

        assert "more than 0 loans" in answer.content.decode()
        assert answer.context["asked"].as_of == DAY
        assert as_role("ADMIN").post(EXPORT, {**ASKED, "file": "csv"}).streaming is True

    @pytest.mark.parametrize("asked", [{"file": "doc"}, {"file": ""}, {"file": "csv", "as_of": "x"}])
    def test_asks_for_a_day_and_a_format(self, late_loan, asked):
        answer = as_role("ACCOUNTANT").post(EXPORT, {**ASKED, **asked}, follow=True)

        assert "Choose a day and a format." in answer.content.decode()
        assert AuditRecord.objects.filter(action="repayments.book_exported").exists() is False


class TestRoles:
    @pytest.mark.parametrize("role", ["COLLECTOR", "SUPERVISOR", "UNDERWRITER"])
    def test_the_book_is_closed_to_those_who_do_not_keep_it(self, late_loan, role):
        client = as_role(role)

        assert client.get(BOOK).status_code == 403
        assert client.post(EXPORT, {**ASKED, "file": "csv"}).status_code == 403
        assert AuditRecord.objects.filter(action="repayments.book_exported").exists() is False

    def test_one_who_only_reads_takes_no_files(self, late_loan, client):
        client.force_login(
            factories.staff("Reader", User.Role.ADMIN), backend="django.contrib.auth.backends.ModelBackend"
        )

        page = client.get(BOOK)
        assert page.status_code == 200
        assert EXPORT not in page.content.decode()
        assert client.post(EXPORT, {**ASKED, "file": "csv"}).status_code == 403

    def test_a_borrower_is_sent_away(self, late_loan, amina, client):
        client.force_login(amina.user, backend="django.contrib.auth.backends.ModelBackend")

        assert client.get(BOOK).status_code == 302


def test_the_day_on_the_page_of_a_loan_refuses_what_is_known_on_a_day_that_has_not_come(late_loan):
    page = as_role("ACCOUNTANT").get(f"/admin/loans/loan/{late_loan.pk}/change/?as_of={DAY}&known_on={TOMORROW}")

    found = next(table for table in page.context["tables"] if str(table.title) == "On any day")
    assert "has not come yet" in str(found.empty)

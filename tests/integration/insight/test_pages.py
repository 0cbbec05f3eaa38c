"""The pages of reports: who may see them, what can be chosen, and files that say the same to the fen."""

import io
import zipfile
from dataclasses import replace

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashu.audit.models import AuditRecord
from dashu.insight.figures import Column, Figures, Kind
from dashu.insight.handing_out import file_of
from dashu.insight.registry import REPORTS
from dashu.insight.scope import Scope
from dashu.users.models import User
from tests.integration.insight.conftest import story
from tests.integration.insight.kept import keep, loan_month, month
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

INDEX = "/admin/insight/reportschedule/reports/"
PAR = f"{INDEX}portfolio-at-risk/"
MAY = {"SUPERVISOR", "ACCOUNTANT", "ADMIN"}


def content(answer) -> bytes:
    return b"".join(answer.streaming_content)


class TestWhoMaySee:
    @pytest.mark.parametrize("role", ["COLLECTOR", "SUPERVISOR", "UNDERWRITER", "ACCOUNTANT", "ADMIN"])
    def test_reports_are_for_those_who_lead_and_who_keep_the_books(self, role, snapshot):
        client = as_role(role)
        expected = 200 if role in MAY else 403

        assert client.get(INDEX).status_code == expected
        assert client.get(PAR).status_code == expected
        assert client.get(f"{INDEX}loans/?month=2026-04&currency=CNY").status_code == expected
        assert client.post(f"{PAR}file/", {"format": "csv"}).status_code == expected

    def test_a_file_takes_a_right_of_its_own(self, snapshot):
        client = as_role("SUPERVISOR")
        user = User.objects.get(role="SUPERVISOR")
        group = user.groups.get()
        group.permissions.remove(*group.permissions.filter(codename="export_report"))

        page = client.get(PAR)

        assert page.status_code == 200
        assert "Take it as a file" not in page.content.decode()
        assert client.post(f"{PAR}file/", {"format": "csv"}).status_code == 403
        assert AuditRecord.objects.filter(action="insight.report_exported").exists() is False


class TestList:
    def test_leads_to_every_report(self, snapshot):
        page = as_role("SUPERVISOR").get(INDEX).content.decode()

        assert [code for code in REPORTS if reverse("admin:insight_report", args=[code]) not in page] == []

    def test_what_takes_a_further_right_is_neither_listed_nor_there_for_others(self, snapshot):
        client = as_role("ACCOUNTANT")

        page = client.get(INDEX).content.decode()

        address = reverse("admin:insight_report", args=["quality"])
        assert reverse("admin:insight_report", args=["portfolio-at-risk"]) in page
        assert address not in page
        assert client.get(address).status_code == 404


class TestReport:
    @pytest.mark.parametrize("code", REPORTS)
    def test_opens_with_a_snapshot_without_one_and_with_one_loan(self, code, rules):
        client = as_role("SUPERVISOR")

        empty = client.get(f"{INDEX}{code}/")
        keep([loan_month(1, "2026-01", "NEW", "CURRENT", principal_minor=100_00)])
        one = client.get(f"{INDEX}{code}/")

        assert (empty.status_code, one.status_code) == (200, 200)
        assert "There is no snapshot yet." in empty.content.decode()
        assert "There is no snapshot yet." not in one.content.decode()

    @pytest.mark.parametrize("code", REPORTS)
    def test_is_light_also_when_it_is_split(self, code, snapshot):
        client = as_role("SUPERVISOR")

        for dimension in REPORTS[code].dimensions:
            page = client.get(f"{INDEX}{code}/?dimension={dimension.value}")
            assert page.status_code == 200
            assert len(page.content) < 200_000

    def test_says_what_is_wrong_with_what_was_chosen(self, snapshot):
        page = as_role("SUPERVISOR").get(f"{PAR}?first=2026-04&last=2026-01").content.decode()

        assert "Choose a month that is not after the last one." in page

    def test_of_a_code_that_is_none_is_not_there(self, snapshot):
        assert as_role("SUPERVISOR").get(f"{INDEX}no-such-report/").status_code == 404

    def test_leads_to_the_loans_that_it_counts(self, snapshot):
        client = as_role("SUPERVISOR")
        page = client.get(PAR).content.decode()
        address = f"{INDEX}loans/?month=2026-04&amp;currency=CNY&amp;over=0"
        assert address in page

        rows = client.get(address.replace("&amp;", "&")).context["table"].rows

        assert len(rows) == 0  # the snapshot of this test is of loans that are in no book


class TestFiles:
    def test_csv_of_one_table_has_the_amounts_of_the_page(self, snapshot):
        answer = as_role("SUPERVISOR").post(f"{PAR}file/", {"format": "csv:by-month"})

        lines = content(answer).decode("utf-8-sig").splitlines()
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert lines[1].startswith("2026-04,4,4200.00,2,2400.00,0.5714,")

    def test_all_tables_come_in_one_zip(self, snapshot):
        answer = as_role("SUPERVISOR").post(f"{PAR}file/", {"format": "parquet"})

        with zipfile.ZipFile(io.BytesIO(content(answer))) as archive:
            assert archive.namelist() == ["by-month.parquet", "by-day.parquet"]
            table = pq.read_table(io.BytesIO(archive.read("by-month.parquet")))
        assert table.schema.field("principal_minor").type == "int64"
        assert table.schema.metadata[b"currency"] == b"CNY"
        assert table.column("principal_minor").to_pylist() == [4_200_00, 4_600_00, 4_600_00, 4_800_00]

    def test_a_workbook_has_numbers_and_says_what_they_are(self, snapshot):
        answer = as_role("SUPERVISOR").post(f"{PAR}file/", {"format": "xlsx"})

        book = openpyxl.load_workbook(io.BytesIO(content(answer)))
        assert book.sheetnames == ["At the end of each month", "Day by day in 2026-04", "What this says"]
        april = [cell.value for cell in book.worksheets[0][2]]
        assert april[:6] == ["2026-04", 4, 4200, 2, 2400, pytest.approx(0.5714)]

    def test_is_noted_in_the_audit_log(self, snapshot):
        client = as_role("SUPERVISOR")

        client.post(f"{PAR}file/?first=2026-02", {"format": "csv"})

        noted = AuditRecord.objects.get(action="insight.report_exported")
        assert (noted.subject_id, noted.data["first"], noted.data["format"]) == ("portfolio-at-risk", "2026-02", "csv")

    def test_an_unknown_format_takes_nothing(self, snapshot):
        client = as_role("SUPERVISOR")

        answer = client.post(f"{PAR}file/", {"format": "pdf"})

        assert answer.status_code == 302
        assert AuditRecord.objects.filter(action="insight.report_exported").exists() is False


@pytest.mark.parametrize("code", REPORTS)
def test_the_number_of_queries_does_not_grow_with_the_book(code, rules, django_assert_max_num_queries):
    scope = Scope(month("2026-01"), month("2026-04"), "CNY")
    keep(story())
    REPORTS[code].read(scope)  # the rules are in the cache now
    with CaptureQueriesContext(connection) as few:
        REPORTS[code].read(scope)

    more = {"principal_before_minor": 100_00, "principal_minor": 100_00, "vintage": "2026-01"}
    places = [f"{number}0000" for number in range(11, 31)]
    keep_loans = [
        loan_month(100 + n, "2026-05", "CURRENT", "M1", region=place, **more) for n, place in enumerate(places)
    ]
    keep(keep_loans)
    with django_assert_max_num_queries(len(few)):
        REPORTS[code].read(replace(scope, last=month("2026-05")))
    assert len(few) <= 7


@pytest.mark.parametrize("code", [code for code, report in REPORTS.items() if report.is_of_snapshot])
def test_a_gap_is_named_and_never_a_zero(code, rules):
    rows = [row for row in story() if row.month != month("2026-03")]
    keep(rows)

    tables = REPORTS[code].read(Scope(month("2026-01"), month("2026-04"), "CNY"))

    assert any("2026-03" in str(note) for figures in tables for note in figures.notes)
    for figures in tables:
        for row in figures.rows:
            if row[0] == month("2026-03"):
                assert [value for value in row[1:] if value == 0] == []


@pytest.mark.parametrize("code", REPORTS)
def test_every_table_can_be_a_file_of_each_kind(code, snapshot):
    client = as_role("SUPERVISOR")

    for file_format in ("xlsx", "csv", "parquet"):
        answer = client.post(f"{INDEX}{code}/file/", {"format": file_format})
        assert answer.status_code == 200
        assert len(content(answer)) > 100


@pytest.mark.parametrize("words", ["vintage&value=x", "vintage&value=%3F", "region&value=%3F"])
@pytest.mark.parametrize("code", ["yield", "cure", "vintages", "overdue-causes"])
def test_a_value_that_nobody_offered_breaks_no_page(code, words, snapshot):
    assert as_role("SUPERVISOR").get(f"{INDEX}{code}/?dimension={words}").status_code == 200


def test_a_table_may_have_more_columns_than_letters(rules):
    columns = [Column(f"c{place}", f"c{place}", Kind.COUNT) for place in range(60)]
    table = Figures(code="wide", title="Wide", columns=columns, rows=[list(range(60))], currency="CNY")

    name, file = file_of(REPORTS["cash"], Scope(month("2026-01"), month("2026-02"), "CNY"), [table], "xlsx")

    with file:
        sheet = openpyxl.load_workbook(file)["Wide"]
    assert [cell.value for cell in sheet[2]][-1] == 59, name

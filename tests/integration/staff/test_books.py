"""The books in the back office: the trial balance, one account, exports, periods and reconciliations."""

import csv
import io
from datetime import date, timedelta

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.audit.models import AuditRecord
from dashu.ledger.models import AccountingPeriod, Posting
from dashu.ledger.periods import close_period, locked_through
from dashu.ledger.services import credit, debit, post
from dashu.portal.books import accounts as books
from dashu.portal.books import periods
from dashu.users.models import User
from repayments.models import LoanBalance, ReconciliationDay
from repayments.services.reconcile_day import reconcile_day
from tests import factories
from tests.integration.staff.conftest import DAY, as_role

pytestmark = pytest.mark.django_db

MARCH = "since=2026-03-01&through=2026-03-31"
BALANCE = f"/admin/ledger/account/trial-balance/?{MARCH}"
CASH = f"/admin/ledger/account/1001/ledger/?{MARCH}"
EXPORT = "/admin/ledger/account/export/"
CLOSE = "/admin/ledger/accountingperiod/close/"
RUN = "/admin/repayments/reconciliationday/run/"
PERIOD = {"since": "2026-03-01", "through": "2026-03-31"}


def rows_of(page, number=0):
    return [[str(value) for value in row] for row in page.context["tables"][number].rows]


def content(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


class TestTrialBalance:
    def test_shows_the_period_with_its_parts_and_a_total_of_0(self, late_loan):
        page = as_role("ACCOUNTANT").get(BALANCE)

        rows = {row[1] or row[0]: row[3:] for row in rows_of(page)}
        assert rows["Loan principal"][0] == "¥11,079.84"
        assert rows["Total"][0] == rows["Total"][3] == "¥0.00"
        assert rows["Total"][1] == rows["Total"][2] != "¥0.00"
        assert str(page.context["tables"][0].title) == "CNY, March 1, 2026 to March 31, 2026"

    def test_costs_the_same_for_one_loan_and_for_many(self, late_loan, brook):
        client = as_role("ACCOUNTANT")
        client.get(BALANCE)
        with CaptureQueriesContext(connection) as for_one:
            client.get(BALANCE)
        for _number in range(3):
            factories.running_loan(brook)
        with CaptureQueriesContext(connection) as for_many:
            client.get(BALANCE)

        assert len(for_many) == len(for_one)

    @pytest.mark.parametrize(
        ("query", "sentence"),
        [
            ("since=2026-03-31&through=2026-03-01", "The last day lies before the first."),
            ("since=2026-03-32&through=2026-03-31", "Enter a valid date."),
            ("since=0001-01-01&through=2026-03-31", "Choose a day between 1970 and 2199."),
            ("since=2026-03-01", "Please fill this in."),
        ],
    )
    def test_says_what_is_wrong_with_a_period_and_shows_this_month(self, query, sentence, late_loan):
        page = as_role("ACCOUNTANT").get(f"/admin/ledger/account/trial-balance/?{query}")

        assert page.status_code == 200
        assert sentence in page.content.decode()
        assert page.context["since"].day == 1

    def test_leads_from_each_account_to_its_postings(self, late_loan):
        client = as_role("ACCOUNTANT")

        link = rows_of(client.get(BALANCE))[0][0]

        assert (
            'href="/admin/ledger/account/1001/ledger/?since=2026-03-01&amp;through=2026-03-31&amp;currency=CNY"' in link
        )


class TestAccountLedger:
    def test_shows_the_balance_after_each_posting(self, late_loan):
        page = as_role("ACCOUNTANT").get("/admin/ledger/account/1001/ledger/?since=2026-02-01&through=2026-03-31")

        opening, payment = rows_of(page)
        assert (opening[2], opening[-1]) == ("Opening balance", "−¥12,000.00")
        assert (payment[0], payment[6:]) == ("2026-02-18", ["¥1,100.16", "", "−¥10,899.84"])

    def test_goes_on_from_page_to_page_and_costs_the_same(self, late_loan, monkeypatch):
        for number in range(1, 9):
            post(
                effective_on=date(2026, 3, number),
                description=f"Nr {number}",
                kind="TEST",
                actor="user:1",
                lines=[debit("1001", number * 100), credit("2209", number * 100)],
            )
        monkeypatch.setattr(books, "LINES_OF_A_PAGE", 3)
        client, address, seen, costs = as_role("ACCOUNTANT"), CASH, [], []
        while address:
            with CaptureQueriesContext(connection) as queries:
                page = client.get(address)
            costs.append(len(queries))
            rows = rows_of(page)
            seen += [row[-1] for row in rows[1:]]
            assert seen[-len(rows) : -len(rows) + 1] in ([], [rows[0][-1]])
            address = page.context["next_page"]

        start = -10_899_84
        totals = [start + 100 * number * (number + 1) // 2 for number in range(1, 9)]
        assert seen == [books.money(total) for total in totals]
        assert len(costs) == 3
        assert max(costs[1:]) <= costs[0]

    @pytest.mark.parametrize("query", ["after=made-up", "currency=XXX"])
    def test_is_not_there_for_a_made_up_address(self, query, late_loan):
        assert as_role("ACCOUNTANT").get(f"{CASH}&{query}").status_code == 404
        assert as_role("SUPERVISOR").get("/admin/ledger/account/77/ledger/").status_code == 403

    def test_of_an_unknown_account_is_not_there(self, late_loan):
        assert as_role("ACCOUNTANT").get("/admin/ledger/account/77/ledger/").status_code == 404


class TestExport:
    def test_gives_the_ledger_as_csv_whose_amounts_sum_to_0_and_notes_it(self, late_loan):
        answer = as_role("ACCOUNTANT").post(EXPORT, {**PERIOD, "since": "2026-01-01", "file": "ledger:csv-excel"})

        data = content(answer)
        assert answer["Content-Disposition"] == 'attachment; filename="general-ledger-2026-01-01-2026-03-31.csv"'
        assert data.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
        assert len(rows) == Posting.objects.count()
        debits, credits_ = (sum(int(row[side].replace(".", "") or 0) for row in rows) for side in ("Debit", "Credit"))
        assert debits == credits_ > 0
        record = AuditRecord.objects.get(action="ledger.exported")
        assert record.actor == f"user:{User.objects.get(role='ACCOUNTANT').pk}"
        assert (record.subject_id, record.data) == ("2026-01-01..2026-03-31", {"format": "csv"})

    def test_gives_the_trial_balance_as_a_workbook(self, late_loan):
        answer = as_role("ACCOUNTANT").post(EXPORT, {**PERIOD, "file": "balance:xlsx"})

        sheet = openpyxl.load_workbook(io.BytesIO(content(answer))).active
        assert [cell.value for cell in sheet[1]][4:] == ["opening balance", "Debit", "Credit", "closing balance"]
        assert [cell.value for cell in sheet[2]][:5] == ["1001", "Cash at bank", None, "CNY", "-10899.84"]

    @pytest.mark.parametrize("file", ["", "ledger:doc", "ledger"])
    def test_asks_for_a_format_that_is_not_there(self, file, late_loan):
        answer = as_role("ACCOUNTANT").post(EXPORT, {**PERIOD, "file": file}, follow=True)

        assert "Choose a period and a format." in answer.content.decode()
        assert AuditRecord.objects.filter(action="ledger.exported").exists() is False

    def test_refuses_a_workbook_that_is_too_long_for_a_request(self, late_loan, monkeypatch):
        monkeypatch.setattr(books, "MOST_LINES_OF_A_FILE", 1)

        answer = as_role("ACCOUNTANT").post(EXPORT, {**PERIOD, "file": "ledger:xlsx"}, follow=True)

        assert "more than 1 postings" in answer.content.decode()
        assert answer.context["since"] == date(2026, 3, 1)
        assert as_role("ADMIN").post(EXPORT, {**PERIOD, "file": "ledger:csv"}).streaming is True


class TestRoles:
    ADDRESSES = [BALANCE, CASH, "/admin/ledger/accountingperiod/", "/admin/repayments/reconciliationday/"]

    @pytest.mark.parametrize("role", ["COLLECTOR", "SUPERVISOR", "UNDERWRITER"])
    def test_the_books_are_closed_to_those_who_do_not_keep_them(self, role, late_loan):
        client = as_role(role)

        assert {address: client.get(address).status_code for address in self.ADDRESSES} == dict.fromkeys(
            self.ADDRESSES, 403
        )
        for address in (EXPORT, CLOSE, RUN):
            assert client.post(address, {**PERIOD, "file": "ledger:csv"}).status_code == 403
        assert AuditRecord.objects.filter(action__startswith="ledger.").exists() is False
        assert AccountingPeriod.objects.count() == 0
        assert set(ReconciliationDay.objects.values_list("actor", flat=True)) <= {"system:close"}

    def test_an_accountant_sees_all_of_them(self, late_loan):
        client = as_role("ACCOUNTANT")

        assert {client.get(address).status_code for address in [*self.ADDRESSES, CLOSE, RUN]} == {200}

    def test_one_who_only_reads_finds_no_buttons(self, late_loan, administrator, client):
        reader = factories.staff("Reader", User.Role.ADMIN)
        client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")

        assert EXPORT not in client.get(BALANCE).content.decode()
        assert CLOSE not in client.get("/admin/ledger/accountingperiod/").content.decode()
        for address in (EXPORT, CLOSE, RUN):
            assert client.post(address, {**PERIOD, "file": "ledger:csv"}).status_code == 403


@pytest.fixture
def in_april(monkeypatch, late_loan) -> None:
    monkeypatch.setattr(periods, "lender_today", lambda: date(2026, 3, 21))


class TestPeriods:
    """On 21 March, one day after the first nightly close: February ended before it."""

    def test_are_closed_after_a_look_at_what_is_locked(self, in_april):
        client = as_role("ACCOUNTANT")

        page = client.get(CLOSE)
        assert [[str(value) for value in row] for row in page.context["table"].rows] == [
            ["CNY", "5", "¥13,281.38", "¥13,281.38"]
        ]
        assert "From the beginning to Feb. 28, 2026" in page.content.decode()
        answer = client.post(CLOSE, {"through": "2026-02-28", "reason": "Month end"})

        assert answer.url == "/admin/ledger/accountingperiod/"
        period = AccountingPeriod.objects.get()
        assert (period.through, period.reason) == (date(2026, 2, 28), "Month end")
        assert period.closed_by == f"user:{User.objects.get(role='ACCOUNTANT').pk}"

    def test_are_looked_at_again_for_another_month(self, in_april):
        page = as_role("ACCOUNTANT").post(CLOSE, {"through": "2026-01-31", "reason": "", "preview": "1"})

        assert [row[1] for row in page.context["table"].rows] == ["1"]
        assert page.context["form"].errors == {}
        assert AccountingPeriod.objects.exists() is False

    @pytest.mark.parametrize(
        ("given", "field"),
        [({"through": "2026-02-28", "reason": " "}, "reason"), ({"through": "2026-03-31", "reason": "x"}, "through")],
    )
    def test_need_a_reason_and_a_month_that_is_over(self, given, field, in_april):
        page = as_role("ACCOUNTANT").post(CLOSE, given)

        assert list(page.context["form"].errors) == [field]
        assert AccountingPeriod.objects.exists() is False

    def test_are_not_closed_over_books_that_differ(self, in_april):
        LoanBalance.objects.update(principal_minor=1)

        page = as_role("ACCOUNTANT").post(CLOSE, {"through": "2026-02-28", "reason": "Month end"})

        assert "loans&#x27; balances and the ledger differ" in page.content.decode()
        assert AccountingPeriod.objects.exists() is False

    def test_are_reopened_with_a_reason_the_newest_first(self, in_april):
        for through in (date(2026, 1, 31), date(2026, 2, 28)):
            period = close_period(through=through, today=DAY, reason="Month end", actor="user:1")
        client = as_role("ACCOUNTANT")
        newest, older = (f"/admin/ledger/accountingperiod/{pk}/reopen/" for pk in (period.pk, period.pk - 1))

        assert "closed last can be reopened" in client.get(older).content.decode()
        client.post(older, {"reason": "No"})
        assert client.post(newest, {"reason": ""}).status_code == 200
        assert locked_through() == date(2026, 2, 28)
        client.post(newest, {"reason": "Invoice forgotten"})

        assert locked_through() == date(2026, 1, 31)
        page = client.get(f"/admin/ledger/accountingperiod/{period.pk}/change/").content.decode()
        assert "Invoice forgotten" in page
        assert as_role("SUPERVISOR").post(newest, {"reason": "x"}).status_code == 403


class TestReconciliations:
    @pytest.fixture(autouse=True)
    def _none_of_the_night(self, late_loan):
        ReconciliationDay.objects.all().delete()

    def test_say_0_fen_on_the_list_and_on_the_front_page(self, late_loan):
        reconcile_day(on=books.lender_today(), actor="system:reconcile")
        client = as_role("ACCOUNTANT")

        figure = client.get("/admin/").context["figures"][-1]
        page = client.get("/admin/repayments/reconciliationday/").content.decode()

        assert (str(figure.title), figure.value, figure.tone) == ("loans against ledger", "0 fen", "good")
        assert "0 fen" in page

    def test_show_each_difference_with_its_loan(self, late_loan):
        LoanBalance.objects.filter(pk=late_loan.pk).update(principal_minor=1)
        day = reconcile_day(on=DAY, actor="system:reconcile")
        client = as_role("ACCOUNTANT")

        page = client.get(f"/admin/repayments/reconciliationday/{day.pk}/change/")

        (row,) = rows_of(page)
        assert late_loan.number in row[0]
        assert row[1:] == ["1301 Loan principal", "¥0.01", "¥11,079.84", "−¥11,079.83"]
        figures = {str(figure.title): (figure.value, figure.tone) for figure in page.context["figures"]}
        assert figures["sum of differences"] == ("1,107,983 fen", "late")
        front = client.get("/admin/").context["figures"][-1]
        assert (front.value, front.tone) == ("1,107,983 fen", "late")

    def test_that_are_old_or_missing_are_not_shown_as_good(self, late_loan):
        client = as_role("ACCOUNTANT")
        assert client.get("/admin/").context["figures"][-1].tone == "soon"

        reconcile_day(on=books.lender_today() - timedelta(days=2), actor="system:reconcile")

        assert client.get("/admin/").context["figures"][-1].tone == "soon"

    def test_are_run_by_hand(self, late_loan):
        answer = as_role("ACCOUNTANT").post(RUN, follow=True)

        assert "Every loan was compared with its postings: 0 fen." in answer.content.decode()
        assert ReconciliationDay.objects.get().actor == f"user:{User.objects.get(role='ACCOUNTANT').pk}"

"""The lists of the back office: what they show, in which order, and at what cost."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from collections_mgmt.models import CloseRange, CloseRun, CollectionCase, OverdueStatus
from dashu.users.models import Borrower, User
from loans.models import Loan
from repayments.models import Checkout, Payment
from tests import factories
from tests.integration.staff.conftest import DAY, as_role, behind, close
from tests.integration.staff.test_access import list_of

pytestmark = pytest.mark.django_db


def shown(client, model, query=""):
    return list(client.get(f"{list_of(model)}{query}").context["cl"].result_list)


class TestCost:
    @pytest.mark.parametrize("model", [Loan, Payment, Checkout, OverdueStatus, CollectionCase, CloseRun])
    def test_is_the_same_for_one_row_and_for_many(self, model, late_loan):
        client = as_role(User.Role.ADMIN)
        client.get(list_of(model))
        with CaptureQueriesContext(connection) as for_one:
            assert len(shown(client, model)) == 1

        for number in range(6):
            behind(Borrower.objects.create(name=f"Borrower {number}"))
        for day in range(1, 7):
            close(DAY + timedelta(days=day))
        with CaptureQueriesContext(connection) as for_many:
            assert len(shown(client, model)) == 7

        assert len(for_many) == len(for_one)

    @pytest.mark.parametrize("model", [Loan, Payment, Checkout, OverdueStatus, CollectionCase, CloseRun])
    def test_is_no_count_of_the_whole_table(self, model, late_loan):
        client = as_role(User.Role.ADMIN)

        with CaptureQueriesContext(connection) as queries:
            shown(client, model)

        assert [query["sql"] for query in queries if "COUNT(" in query["sql"]] == []


class TestOverdueList:
    def test_shows_those_furthest_behind_first_and_nobody_else(self, late_loan, brook):
        factories.pay(factories.running_loan(brook), 1100_16, DAY - timedelta(days=40), today=DAY)
        never_paid = factories.running_loan(brook)
        close(DAY + timedelta(days=1))

        rows = shown(as_role("SUPERVISOR"), OverdueStatus)

        assert [row.loan_id for row in rows][:1] == [never_paid.pk]
        assert [row.days_past_due for row in rows] == sorted((row.days_past_due for row in rows), reverse=True)
        assert OverdueStatus.objects.filter(days_past_due=0).count() + len(rows) == OverdueStatus.objects.count()

    def test_reads_its_order_from_the_index(self, late_loan, administrator):
        request = RequestFactory().get("/admin/")
        request.user = administrator
        page = admin.site.get_model_admin(OverdueStatus)
        rows = page.get_changelist_instance(request).get_queryset(request)

        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")  # nobody sorts who can help it, whatever the tables' size
            plan = rows[:50].explain()

        assert "collections_overdue_list" in plan
        assert "Sort" not in plan

    def test_is_filtered_by_bucket_and_classification(self, late_loan):
        client = as_role("SUPERVISOR")

        assert len(shown(client, OverdueStatus, "?bucket=M1")) == 1
        assert shown(client, OverdueStatus, "?bucket=M2") == []
        assert len(shown(client, OverdueStatus, "?classification=SPECIAL_MENTION")) == 1
        assert shown(client, OverdueStatus, "?classification=LOSS") == []

    def test_shows_amount_and_days(self, late_loan):
        page = as_role("SUPERVISOR").get(list_of(OverdueStatus)).content.decode()

        total = OverdueStatus.objects.get().total_minor
        assert f"¥{total // 100:,}.{total % 100:02d}" in page
        assert late_loan.number in page


class TestSearch:
    @pytest.mark.parametrize("model", [Loan, Payment, Checkout, OverdueStatus, CollectionCase])
    def test_finds_by_loan_and_borrower(self, model, late_loan, brook):
        late_loan.borrower.phone = "+86 138 0000 0001"
        late_loan.borrower.save()
        behind(brook)
        close(DAY + timedelta(days=1))
        client = as_role("SUPERVISOR")

        for term in (late_loan.number, late_loan.borrower.number, "13800000001", "0001", "amina", " Amina "):
            found = shown(client, model, f"?q={term}")
            assert [getattr(row, "loan", row) for row in found] == [late_loan], term

    @pytest.mark.parametrize("term", ["%25", "DS2026", "'", "x" * 500, "-1", "Ami", "1380000000", "0000"])
    def test_finds_nothing_by_anything_else(self, term, late_loan):
        client = as_role("SUPERVISOR")

        page = client.get(f"{list_of(Loan)}?q={term}")

        assert page.status_code == 200
        assert list(page.context["cl"].result_list) == []

    @pytest.mark.parametrize("query", ["q=%00", "channel__exact=%00", "channel__exact=a%00b"])
    def test_a_nul_is_refused_in_words(self, query, late_loan):
        page = as_role("SUPERVISOR").get(f"{list_of(Payment)}?{query}")

        assert (page.status_code, 'class="page-header"' in page.content.decode()) == (400, True)


class TestCloseRuns:
    def test_show_counts_seconds_and_the_quarantined(self, late_loan):
        run = CloseRun.objects.get()
        run.ranges.update(
            counts={"touched": 30, "overdue": 20, "changed": 3, "cases_opened": 2, "cases_closed": 1},
            seconds={"touched": 0.25, "overdue": 1.5, "changed": 0.25, "cases_opened": 0.125},
        )
        run.counts, run.seconds = {"recovered": 1, "differences": 0}, {"booked": 0.5, "reconciled": 0.75}
        run.save()
        CloseRange.objects.create(
            run=run,
            first_loan_id=late_loan.pk + 10,
            end_loan_id=late_loan.pk + 11,
            status="QUARANTINED",
            error="numeric field overflow",
        )

        page = as_role("ACCOUNTANT").get(f"{list_of(CloseRun)}{run.pk}/change/")

        book, steps = page.context["tables"]
        assert [[str(value) for value in row][:6] for row in book.rows] == [
            ["consumer", "M1", "Special mention", "1", "1", "¥11,079.84"]
        ]
        assert [[str(value) for value in row] for row in steps.rows] == [
            ["Loans looked at", "30 loans", "0.25", "0.25"],
            ["Days past due, amounts and classes counted", "20 overdue loans", "1.50", "1.50"],
            ["Changes noted", "3 changes of bucket, class or stage", "0.25", "0.25"],
            ["Cases opened", "2 opened", "0.12", "0.12"],
            ["Interest earned and provision booked", "1 loans closed that had been left out", "0.50", "0.50"],
            ["Loans compared with the ledger", "0 differences", "0.75", "0.75"],
        ]
        quarantined = next(figure for figure in page.context["figures"] if figure.title == "quarantined")
        assert (str(quarantined.title), quarantined.value, quarantined.tone) == ("quarantined", 1, "late")
        assert "numeric field overflow" in page.content.decode()


class TestFrontPage:
    def test_says_how_the_night_went_and_who_is_behind(self, late_loan):
        page = as_role("SUPERVISOR").get("/admin/")

        figures = {str(figure.title): figure.value for figure in page.context["figures"]}
        assert figures == {
            "waiting for you": "0",
            "overview of the desk": "March 20, 2026",
            "overdue loans": "1",
            "open cases": "1",
            "waiting for payout": "0",
            "last close": "March 20, 2026",
            "quarantined loans": 0,
        }
        assert [row[1] for row in page.context["tables"][0].rows] == ["1"]

    def test_shows_an_underwriter_no_closes(self, late_loan):
        page = as_role("UNDERWRITER").get("/admin/")

        titles = [str(figure.title) for figure in page.context["figures"]]
        assert titles == ["waiting for you", "overdue loans", "waiting for payout"]

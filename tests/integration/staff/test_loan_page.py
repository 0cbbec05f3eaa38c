from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.users.models import User
from repayments.services.extend_loan import extend_loan
from repayments.services.return_payment import return_payment
from tests import factories
from tests.integration.staff.conftest import DAY, as_role

pytestmark = pytest.mark.django_db


def page_of(client, loan, query=""):
    answer = client.get(f"/admin/loans/loan/{loan.pk}/change/{query}")
    assert answer.status_code == 200
    return answer


def table(page, title):
    return next(table for table in page.context["tables"] if str(table.title) == title)


class TestLoanPage:
    def test_shows_the_schedule_in_force(self, late_loan):
        schedule = table(page_of(as_role("COLLECTOR"), late_loan), "Schedule")

        assert len(schedule.rows) == 12
        assert schedule.rows[0] == [
            1,
            "Feb. 15, 2026",
            "¥920.16",
            "¥180.00",
            "¥0.00",
            "¥1,100.16",
            "¥1,100.16",
            "¥0.00",
        ]
        assert schedule.note == "Version 1 since Jan. 15, 2026: Contract."

    def test_shows_an_older_version_beside_the_one_in_force(self, late_loan):
        extend_loan(loan_id=late_loan.pk, months=1, granted_on=DAY, today=DAY, reason="illness", actor="user:1")
        client = as_role("COLLECTOR")

        newest = table(page_of(client, late_loan), "Schedule")
        older = table(page_of(client, late_loan, "?version=1"), "Schedule")

        assert newest.note.startswith("Version 2 since March 20, 2026: Payment holiday.")
        assert "?version=1" in newest.note
        assert (newest.rows[1][1], older.rows[1][1]) == ("April 15, 2026", "March 15, 2026")

    @pytest.mark.parametrize(("version", "rows"), [("9", 0), ("x", 12), ("-1", 12), ("99999999", 12), ("²", 12)])
    def test_opens_whatever_version_is_asked_for(self, late_loan, version, rows):
        assert len(table(page_of(as_role("COLLECTOR"), late_loan, f"?version={version}"), "Schedule").rows) == rows

    def test_shows_payments_events_and_how_far_it_was_behind(self, late_loan):
        payment = late_loan.payments.get()
        return_payment(reference=payment.reference, returned_on=DAY, today=DAY, reason="bounced", actor="user:1")

        page = page_of(as_role("COLLECTOR"), late_loan)

        [shown] = table(page, "Payments").rows
        assert shown[3:] == ["Returned", "¥1,100.16", "", "", "", "", ""]
        events = [[str(value) for value in row[1:4]] for row in table(page, "Events").rows]
        assert events == [
            ["Reversal", "¥1,100.16", "bounced"],
            ["Payment", "¥1,100.16", ""],
            ["Paid out", "¥12,000.00", ""],
        ]
        assert [row[2] for row in table(page, "Overdue history").rows] == ["Current → M1"]
        assert len(table(page, "Collection cases").rows) == 1

    def test_shows_each_role_what_it_may_see(self, late_loan):
        titles = {
            role: [str(table.title) for table in page_of(as_role(role), late_loan).context["tables"]]
            for role in ("UNDERWRITER", "ACCOUNTANT", "SUPERVISOR")
        }

        assert titles == {
            "UNDERWRITER": [
                "Schedule",
                "On any day",
                "Payments",
                "Issued documents",
                "Overdue history",
                "Events",
                "Restatements",
            ],
            "ACCOUNTANT": [
                "Schedule",
                "On any day",
                "Payments",
                "Issued documents",
                "Overdue history",
                "Events",
                "Restatements",
            ],
            "SUPERVISOR": [
                "Schedule",
                "On any day",
                "Payments",
                "Issued documents",
                "Overdue history",
                "Collection cases",
                "Events",
                "Restatements",
            ],
        }

    def test_of_a_loan_that_waits_for_its_payout_says_so(self, amina):
        page = page_of(as_role("UNDERWRITER"), factories.approved_loan(amina))

        assert [str(figure.value) for figure in page.context["figures"]] == ["Waiting for payout"]
        assert table(page, "Schedule").empty == "This loan has no schedule yet: it has not been paid out."

    def test_needs_the_same_queries_however_long_the_story(self, late_loan, amina):
        client = as_role(User.Role.ADMIN)
        longer = factories.running_loan(amina, count=24)
        for month in range(2, 12):
            factories.pay(longer, 599_09, date(2026, month, 15))
        page_of(client, late_loan)

        with CaptureQueriesContext(connection) as short:
            page_of(client, late_loan)
        with CaptureQueriesContext(connection) as long:
            page_of(client, longer)

        assert len(long) == len(short)

    def test_of_an_unknown_loan_leads_back(self, rules):
        assert as_role("COLLECTOR").get("/admin/loans/loan/999999/change/").status_code == 302
